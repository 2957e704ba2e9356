package pypi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// asksInterpreter makes an interpreter describe itself as JSON.
const asksInterpreter = `
import json, os, platform, sys, sysconfig
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
except (AttributeError, OSError, ValueError):
    libc = ""
soabi = sysconfig.get_config_var("SOABI") or ""
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "threads": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "debug": hasattr(sys, "gettotalrefcount"),
    "platform": sysconfig.get_platform(),
    "glibc": libc.split(" ")[-1] if libc.startswith("glibc ") else "",
    "musl": "musl" in soabi,
    "mac": platform.mac_ver()[0],
    "machine": platform.machine(),
}))
`

// described is what an interpreter says of itself.
type described struct {
	Implementation string `json:"implementation"`
	Version        []int  `json:"version"`
	Threads        bool   `json:"threads"`
	Debug          bool   `json:"debug"`
	Platform       string `json:"platform"` // of sysconfig: "linux-x86_64", "macosx-11.0-arm64", "win-amd64"
	GLibC          string `json:"glibc"`
	Musl           bool   `json:"musl"`
	Mac            string `json:"mac"`
	Machine        string `json:"machine"`
}

// interpreter asks the interpreter on PATH what it is.
func interpreter(ctx context.Context, env ecosystem.Environment) (wheel.Target, error) {
	if env.Run == nil {
		return wheel.Target{}, errNoPython
	}
	var failures []error
	for _, program := range []string{"python3", "python"} {
		out, err := env.Run(ctx, program, "-I", "-c", asksInterpreter)
		if ctx.Err() != nil {
			return wheel.Target{}, ctx.Err()
		}
		if err == nil {
			var t wheel.Target
			if t, err = readInterpreter(out); err == nil {
				return t, nil
			}
		}
		failures = append(failures, fmt.Errorf("%s: %w", program, err))
	}
	return wheel.Target{}, fmt.Errorf("%w (no interpreter on PATH says what it is: %w)", errNoPython, errors.Join(failures...))
}

func readInterpreter(out []byte) (wheel.Target, error) {
	var d described
	if err := json.Unmarshal(out, &d); err != nil || len(d.Version) != 3 {
		return wheel.Target{}, fmt.Errorf("no description of an interpreter, but %.100q", out)
	}
	text := fmt.Sprintf("%s%d.%d.%d", d.Implementation, d.Version[0], d.Version[1], d.Version[2])
	if d.Threads {
		text += "t"
	}
	if d.Debug {
		text += "d"
	}
	return wheel.ParseTarget(text, d.tag())
}

// tag is the platform tag of the interpreter.
func (d *described) tag() string {
	system, rest, _ := strings.Cut(d.Platform, "-")
	arch := strings.NewReplacer("-", "_", ".", "_").Replace(rest)
	switch {
	case system == "linux" && d.GLibC != "":
		return "manylinux_" + twoNumbers(d.GLibC) + "_" + arch
	case system == "linux" && d.Musl:
		return "musllinux_1_2_" + arch
	case system == "macosx":
		return "macosx_" + twoNumbers(d.Mac) + "_" + d.Machine
	}
	return strings.ReplaceAll(d.Platform, "-", "_")
}

// twoNumbers is the beginning of a version as tags have it: 14_2 of 14.2.1.
func twoNumbers(text string) string {
	parts := append(strings.Split(text, "."), "0")
	return parts[0] + "_" + parts[1]
}
