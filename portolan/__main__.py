"""The entry: ``python -m portolan`` and ``build.py`` are the same."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from portolan.cli import main


def start() -> None:
    """Run the command line, and end the process with its exit code."""
    # The sources are many objects that stay; looking through them more often is in vain.
    gc.set_threshold(200_000, 20, 20)
    try:
        _main()
    except SystemExit as end:
        with suppress(OSError):  # nobody listens any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(int(end.code or 0))  # the system takes back all memory at once, Python would object by object


def _main() -> None:
    try:
        main()
    except OSError as error:  # what we print can't be written; a reader that has left is click's to see to
        with suppress(OSError):
            sys.stderr.write(f"Error: {error.strerror or error}: the output can't be written\n")
        sys.exit(1)


if __name__ == "__main__":
    start()
