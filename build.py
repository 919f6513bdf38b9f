#!/usr/bin/env python3
"""Portolan's entry: `build.py` alone builds the whole site; `build.py --help` tells the rest."""

import gc

from portolan.cli import main

if __name__ == "__main__":
    gc.set_threshold(200_000, 20, 20)  # the sources are many objects that stay; looking through them more often is in vain
    main()
