"""Shows that each distribution of the fixture does its task."""
import attrs
import click
import markupsafe
import requests
import socks

assert str(markupsafe.escape("<")) == "&lt;"
assert markupsafe._speedups  # the wheel of this platform
assert requests.Request("GET", "http://a.test/").prepare().url == "http://a.test/"
assert attrs.define and click.command and socks.HTTP
print("ok")
