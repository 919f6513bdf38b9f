#!/usr/bin/env python3
"""Portolan's entry: `build.py` alone builds the whole site; `build.py --help` tells the rest."""

from portolan.cli import main

if __name__ == "__main__":
    main()
