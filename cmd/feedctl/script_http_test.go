package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

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

// ask sends a GET for the body as it is; the caller closes it.
func ask(address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	return client.Do(request)
}

// body returns the body of an answer that must be a success.
func body(address string) ([]byte, error) {
	answer, err := ask(address)
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

// cmdETag puts the ETag of an answer into $ETAG.
func cmdETag(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: etag URL")
	}
	answer, err := ask(args[0])
	ts.Check(err)
	answer.Body.Close()
	ts.Setenv("ETAG", answer.Header.Get("ETag"))
}

// cmdUntil asks until the answer has a status.
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until STATUS URL")
	}
	want, got := parseCode(ts, args[0]), 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := ask(args[1])
		ts.Check(err)
		answer.Body.Close()
		if got = answer.StatusCode; got == want {
			return
		}
	}
	ts.Fatalf("%s: still %d after %s", args[1], got, patience)
}

// cmdFiles serves a folder as any plain web server does.
func cmdFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: files NAME DIR")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[1]))))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}
