"""The floor: the bytes of a built site into as many files of the same names, by a bare loop that does nothing else.

``pack`` lays all files of a site into one; ``python floor.py PACK FOLDER JOBS`` writes them out again. The pack is read
from the page cache. Each process has a run of neighbouring files, so two languages are two folders for two processes.
"""

from __future__ import annotations

import os
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:  # at run time the loop starts with as little as possible
    from pathlib import Path


def pack(site: Path, target: Path) -> None:
    """Lay a site's files into ``target``, and their names and sizes beside it."""
    names, sizes = [], array("I")
    paths = sorted(os.path.join(where, name) for where, _, files in os.walk(site) for name in files)
    with open(target, "wb") as packed:
        for path in paths:
            with open(path, "rb") as file:
                sizes.append(packed.write(file.read()))
            names.append(os.path.relpath(path, site))
    with open(f"{target}.names", "w") as listing:
        listing.write("\n".join(names))
    with open(f"{target}.sizes", "wb") as counts:
        sizes.tofile(counts)


def warm(target: Path) -> None:
    """Read a pack once, so that it is in the page cache."""
    with open(target, "rb", buffering=0) as packed:
        while packed.read(1 << 24):
            pass


def loop(target: str, folder: str, jobs: int) -> None:
    """Write every file."""
    with open(f"{target}.names") as listing:
        names = listing.read().split("\n")
    sizes = array("I")
    with open(f"{target}.sizes", "rb") as counts:
        sizes.frombytes(counts.read())
    for where in {os.path.dirname(name) for name in names}:
        os.makedirs(os.path.join(folder, where), exist_ok=True)
    share = next((number for number in range(1, jobs) if os.fork() == 0), 0)
    first, end = len(names) * share // jobs, len(names) * (share + 1) // jobs
    _write(target, folder, names[first:end], sizes[first:end], sum(sizes[:first]))
    if share:
        os._exit(0)
    for _ in range(1, jobs):
        if os.wait()[1]:
            sys.exit(1)


def _write(target: str, folder: str, names: list[str], sizes: array[int], at: int) -> None:
    source = os.open(target, os.O_RDONLY)
    for name, size in zip(names, sizes, strict=True):
        data = os.pread(source, size, at)
        descriptor = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(descriptor, data)
        os.close(descriptor)
        at += size


if __name__ == "__main__":
    loop(sys.argv[1], sys.argv[2], int(sys.argv[3]))
