package registrytest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
)

// Fault answers in place of the upstream; next gives the answer that it would
// have been. A fault that waits ends when stop is closed.
type Fault func(next http.Handler, stop <-chan struct{}) http.Handler

// Status answers with a status code and a short text.
func Status(code int) Fault { return RetryAfter(code, "") }

// RetryAfter answers with a status code and, if it is not empty, a Retry-After
// header: seconds or an HTTP date.
func RetryAfter(code int, after string) Fault {
	return simple(func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		http.Error(w, http.StatusText(code), code)
	})
}

// Unauthorized answers 401 unless the Authorization header has the given value.
func Unauthorized(authorization string) Fault {
	return func(next http.Handler, _ <-chan struct{}) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != authorization {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Redirect answers with a redirection; "{path}" in location stands for the
// escaped path that was asked for.
func Redirect(code int, location string) Fault {
	return simple(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", strings.ReplaceAll(location, "{path}", r.URL.EscapedPath()))
		w.WriteHeader(code)
	})
}

// CaptivePortal answers 200 with an HTML page, as a login or a proxy does.
func CaptivePortal() Fault {
	return Body("text/html; charset=utf-8", "<!DOCTYPE html><html><body><form>Please sign in</form></body></html>")
}

// Body answers 200 with the given content.
func Body(contentType, content string) Fault {
	return simple(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, content)
	})
}

// Drop closes the connection without an answer.
func Drop() Fault {
	return simple(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Cut announces the whole body, sends its first n bytes and closes the
// connection.
func Cut(n int) Fault {
	return changed(func(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
		body := answer.Body.Bytes()
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		w.Write(body[:min(n, len(body))])
		flush(w)
		panic(http.ErrAbortHandler)
	})
}

// WrongByte changes one bit in the middle of the body.
func WrongByte() Fault {
	return changed(func(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
		body := bytes.Clone(answer.Body.Bytes())
		if len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		w.Write(body)
	})
}

// Stall sends the header and the first n bytes of the body, then nothing until
// the client or the server gives up.
func Stall(n int) Fault {
	return func(next http.Handler, stop <-chan struct{}) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := record(next, r)
			body := answer.Body.Bytes()
			copyHeader(w, answer)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.WriteHeader(answer.Code)
			w.Write(body[:min(n, len(body))])
			flush(w)
			select {
			case <-r.Context().Done():
			case <-stop:
			}
			panic(http.ErrAbortHandler)
		})
	}
}

// Silence answers nothing at all until the client or the server gives up.
func Silence() Fault {
	return func(_ http.Handler, stop <-chan struct{}) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stop:
			}
			panic(http.ErrAbortHandler)
		})
	}
}

// GzipBomb answers with a compressed body of size zero bytes, about a
// thousandth of that on the wire.
func GzipBomb(size int64) Fault {
	return simple(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		block := make([]byte, 64<<10)
		for left := size; left > 0; left -= int64(len(block)) {
			if _, err := z.Write(block[:min(left, int64(len(block)))]); err != nil {
				return // the client has seen enough
			}
		}
		z.Close()
	})
}

// simple makes a fault of an answer that does not need the real one.
func simple(serve http.HandlerFunc) Fault {
	return func(http.Handler, <-chan struct{}) http.Handler { return serve }
}

// changed makes a fault that sends the real answer in another way.
func changed(send func(http.ResponseWriter, *httptest.ResponseRecorder)) Fault {
	return func(next http.Handler, _ <-chan struct{}) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := record(next, r)
			copyHeader(w, answer)
			send(w, answer)
		})
	}
}

func record(next http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	return answer
}

func copyHeader(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
}

func flush(w http.ResponseWriter) {
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
}

// ParseFault reads a fault as a test script writes it: "status 503",
// "retry-after 429 1", "unauthorized Bearer x", "redirect 302 http://…",
// "captive-portal", "body text/html …", "drop", "cut 100", "wrong-byte",
// "stall 100", "silence", "gzip-bomb 1000000".
func ParseFault(text string) (Fault, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	first, second, _ := strings.Cut(rest, " ")
	number, err := strconv.Atoi(first)
	numeric := map[string]Fault{
		"status": Status(number), "retry-after": RetryAfter(number, second), "redirect": Redirect(number, second),
		"cut": Cut(number), "stall": Stall(number), "gzip-bomb": GzipBomb(int64(number)),
	}
	if fault, ok := numeric[kind]; ok {
		if err != nil || number < 0 {
			return nil, fmt.Errorf("fault %q: want a number after %s", text, kind)
		}
		return fault, nil
	}
	plain := map[string]Fault{
		"unauthorized": Unauthorized(rest), "captive-portal": CaptivePortal(), "body": Body(first, second),
		"drop": Drop(), "wrong-byte": WrongByte(), "silence": Silence(),
	}
	if fault, ok := plain[kind]; ok {
		return fault, nil
	}
	return nil, fmt.Errorf("fault %q: unknown kind %q", text, kind)
}

// FailText adds the faults that a text lists, one "PATTERN TIMES FAULT" on each
// line, where TIMES is a number or "always". Empty lines and those that start
// with # are passed over.
func (s *Server) FailText(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		pattern, rest, _ := strings.Cut(line, " ")
		times, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
		n, err := strconv.Atoi(times)
		if times == "always" {
			n, err = -1, nil
		}
		if err != nil {
			return fmt.Errorf("fault %q: want PATTERN TIMES FAULT", line)
		}
		fault, err := ParseFault(rest)
		if err != nil {
			return err
		}
		s.Fail(pattern, n, fault)
	}
	return nil
}
