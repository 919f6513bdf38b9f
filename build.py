#!/usr/bin/env python3
"""Portolan's entry: `build.py` alone builds the whole site; `build.py --help` tells the rest."""

from portolan.__main__ import start

if __name__ == "__main__":
    start()
