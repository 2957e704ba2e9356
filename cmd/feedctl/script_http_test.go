package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdHTTPGet sends one request, its path exactly as written, and prints the
// answer: status, sorted header, an empty line, the body without its coding.
func cmdHTTPGet(ts *testscript.TestScript, neg bool, args []string) {
	method, header := http.MethodGet, http.Header{}
	for len(args) > 2 {
		switch args[0] {
		case "-X":
			method = args[1]
		case "-H":
			key, value, _ := strings.Cut(args[1], ":")
			header.Set(key, strings.TrimSpace(value))
		}
		args = args[2:]
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: httpget [-X METHOD] [-H 'HEADER: VALUE']… URL")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, args[0], nil)
	ts.Check(err)
	request.Header = header
	if host := header.Get("Host"); host != "" {
		request.Host = host
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	ts.Check(err)
	defer answer.Body.Close()
	ts.Check(printAnswer(ts.Stdout(), answer))
}

func printAnswer(out io.Writer, answer *http.Response) error {
	fmt.Fprintf(out, "%d\n", answer.StatusCode)
	for _, key := range slices.Sorted(maps.Keys(answer.Header)) {
		if key != "Date" {
			fmt.Fprintf(out, "%s: %s\n", key, strings.Join(answer.Header[key], ", "))
		}
	}
	fmt.Fprintln(out)
	body := io.Reader(answer.Body)
	if answer.Header.Get("Content-Encoding") == "gzip" && answer.StatusCode == http.StatusOK {
		z, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body = z
	}
	_, err := io.Copy(out, body)
	return err
}

// cmdDownload saves the body of an answer.
func cmdDownload(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: download URL FILE")
	}
	body, err := body(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

// body returns the body of an answer that must be a success.
func body(address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

var tarballURL = regexp.MustCompile(`"tarball":"([^"]+)"`)

// cmdEveryURL asks for every tarball that a packument names and prints how many
// there are.
func cmdEveryURL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: every-url URL")
	}
	document, err := body(args[0])
	ts.Check(err)
	all := tarballURL.FindAllSubmatch(document, -1)
	for _, found := range all {
		_, err := body(string(found[1]))
		ts.Check(err)
	}
	fmt.Fprintln(ts.Stdout(), len(all))
}
