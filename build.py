#!/usr/bin/env python3
"""Portolan's entry: `build.py` alone builds the whole site; `build.py --help` tells the rest."""

import gc
import os
import sys
from contextlib import suppress

from portolan.cli import main

if __name__ == "__main__":
    gc.set_threshold(200_000, 20, 20)  # the sources are many objects that stay; looking through them more often is in vain
    try:
        main()
    except SystemExit as end:
        with suppress(OSError):  # nobody listens any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(int(end.code or 0))  # the system takes back all memory at once, Python would object by object
