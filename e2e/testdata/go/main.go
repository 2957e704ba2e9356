// The fixture loads a module of each kind that servers and clients treat
// differently, and shows that each works.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/dgrijalva/jwt-go"
	"golang.org/x/exp/constraints"
	"rsc.io/quote"
)

// larger uses a module that has pseudo-versions only.
func larger[T constraints.Ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

func main() {
	var table map[string]int
	_, err := toml.Decode("a = 1", &table) // a path with capitals
	claims := jwt.StandardClaims{ExpiresAt: time.Now().Add(time.Hour).Unix()}
	if err != nil || table["a"] != 1 || larger(1, 2) != 2 || claims.Valid() != nil || quote.Hello() == "" {
		fmt.Fprintln(os.Stderr, "a module does not do its task")
		os.Exit(1)
	}
	fmt.Println("ok")
}
