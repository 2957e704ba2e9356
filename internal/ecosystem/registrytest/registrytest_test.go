package registrytest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hello answers every path with the path and a long line.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Real", "yes")
	io.WriteString(w, r.URL.Path+" "+strings.Repeat("x", 1000))
})

// get asks without following redirects, for two seconds at most.
func get(t *testing.T, url string) (*http.Response, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestFaults(t *testing.T) {
	whole := "/a " + strings.Repeat("x", 1000)
	wrong := whole[:len(whole)/2] + "y" + whole[len(whole)/2+1:]
	for _, row := range []struct {
		fault  string
		status int
		body   string // "" is not compared
		header string // "Key: value" that must be there
		fails  bool   // reading the body fails
	}{
		{fault: "status 503", status: 503},
		{fault: "retry-after 429 7", status: 429, header: "Retry-After: 7"},
		{fault: "redirect 302 http://other.test{path}?x", status: 302, header: "Location: http://other.test/a?x"},
		{fault: "captive-portal", status: 200, header: "Content-Type: text/html; charset=utf-8"},
		{fault: "body text/plain wrong thing", status: 200, body: "wrong thing", header: "Content-Type: text/plain"},
		{fault: "unauthorized Bearer x", status: 401},
		{fault: "cut 10", status: 200, body: whole[:10], header: "X-Real: yes", fails: true},
		{fault: "wrong-byte", status: 200, body: wrong, header: "X-Real: yes"},
		{fault: "gzip-bomb 100000", status: 200, body: strings.Repeat("\x00", 100000)},
	} {
		t.Run(row.fault, func(t *testing.T) {
			s := New(t, hello)
			if err := s.FailText("# once\n\n/a 1 " + row.fault + "\n"); err != nil {
				t.Fatal(err)
			}
			resp, body, err := get(t, s.URL+"/a")
			if (err != nil) != row.fails {
				t.Fatal(err)
			}
			key, value, _ := strings.Cut(row.header, ": ")
			if resp.StatusCode != row.status || resp.Header.Get(key) != value || row.body != "" && body != row.body {
				t.Errorf("got %d %v %.50q", resp.StatusCode, resp.Header, body)
			}
			if _, body, err := get(t, s.URL+"/a"); err != nil || body != whole {
				t.Errorf("the second time: %.50q, %v; want the real answer", body, err)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	for _, fault := range []string{"drop", "silence", "stall 10"} {
		t.Run(fault, func(t *testing.T) {
			s := New(t, hello)
			if err := s.FailText("* always " + fault); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(200*time.Millisecond, s.Close)
			_, body, err := get(t, s.URL+"/a")
			if err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want an error before the client's own limit", err)
			}
			if want := map[string]int{"stall 10": 10}[fault]; len(body) != want {
				t.Errorf("got %d bytes, want %d", len(body), want)
			}
		})
	}
}

func TestFaultText(t *testing.T) {
	s := New(t, hello)
	for _, text := range []string{"/a", "/a x drop", "/a 1 explode", "/a 1 status", "/a 1 cut -1", "/a 1"} {
		if err := s.FailText(text); err == nil {
			t.Errorf("FailText(%q) gives no error", text)
		}
	}
}

func TestRules(t *testing.T) {
	s := New(t, hello)
	s.Fail("/a*", 1, Status(500))
	s.Fail("/a%2fb", 1, Status(501))
	s.Fail("/deep/**", -1, Status(502))
	var got []int
	for _, path := range []string{"/b", "/a%2fb", "/a%2fb", "/a%2fb", "/deep", "/deep/x/y", "/deep/z"} {
		resp, _, err := get(t, s.URL+path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, resp.StatusCode)
	}
	if diff := cmp.Diff([]int{200, 500, 501, 200, 200, 502, 502}, got); diff != "" {
		t.Error(diff)
	}
	s.Heal()
	if resp, _, err := get(t, s.URL+"/deep/x"); err != nil || resp.StatusCode != 200 {
		t.Errorf("healed: %v, %v", resp, err)
	}
}

func TestLog(t *testing.T) {
	s := New(t, hello)
	for _, path := range []string{"/b?q=1", "/@s%2fn"} {
		if _, _, err := get(t, s.URL+path); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"GET /@s%2fn", "GET /b?q=1"}, s.Lines()); diff != "" {
		t.Error(diff)
	}
	if n := s.Count("/@*"); n != 1 || s.Requests()[0].Header.Get("User-Agent") == "" {
		t.Errorf("count %d, requests %v", n, s.Requests())
	}
	s.Forget()
	if lines := s.Lines(); lines != nil {
		t.Errorf("after Forget: %q", lines)
	}
}

func TestTLS(t *testing.T) {
	s := StartTLS(hello)
	defer s.Close()
	if _, _, err := get(t, s.URL+"/a"); err == nil || !strings.HasPrefix(s.URL, "https://") {
		t.Errorf("%s is trusted", s.URL)
	}
}
