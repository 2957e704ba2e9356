module fixture.test/small

go 1.22.0

require (
	github.com/BurntSushi/toml v1.4.0
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	golang.org/x/exp v0.0.0-20240613232115-7f521ea00fb8
	rsc.io/quote v1.5.2
)

require (
	golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c // indirect
	rsc.io/sampler v1.3.0 // indirect
)
