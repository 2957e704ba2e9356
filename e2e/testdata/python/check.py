"""Shows that each distribution of the fixture does its task."""
import docopt
import markupsafe
import requests
import socks
import zope.interface

assert str(markupsafe.escape("<")) == "&lt;"
assert markupsafe._speedups  # the wheel of this platform
assert requests.Request("GET", "http://a.test/").prepare().url == "http://a.test/"
assert docopt.docopt("Usage: x [--on]", ["--on"])["--on"] is True
assert socks.HTTP and zope.interface.Interface
print("ok")
