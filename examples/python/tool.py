# /// script
# requires-python = ">=3.9"
# dependencies = ["packaging>=24"]
# ///
"""A script that says itself what it needs (PEP 723)."""

import sys

from packaging.version import Version

print(max(sys.argv[1:], key=Version))
