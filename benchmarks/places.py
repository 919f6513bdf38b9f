"""Folders to work in: made fresh, and gone afterwards whatever happens."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_number = count(1)


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A folder of our own in a place, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=".benchmark-", dir=place))
    try:
        yield folder
    finally:
        remove(folder)


def fresh(folder: Path, name: str = "out") -> Path:
    """A path below a folder that was never used: a file system is slow to make files where many were just deleted."""
    return folder / f"{name}-{next(_number)}"


def remove(folder: Path) -> None:
    """Delete a folder; what can't be deleted stays."""
    shutil.rmtree(folder, ignore_errors=True)


def room(place: Path) -> float:
    """Free bytes of a place; on tmpfs they are memory, which has to be free as well."""
    free = float(shutil.disk_usage(place).free)
    return min(free, available_memory()) if file_system(place) in ("tmpfs", "ramfs") else free


def available_memory() -> float:
    """Bytes of memory that processes may still have."""
    try:
        return int(re.findall(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[0]) * 1024.0
    except (OSError, IndexError):
        return float("inf")


def file_system(place: Path) -> str:
    """What a place is formatted with: ``tmpfs``, ``ext4`` and so on."""
    found = "", "unknown"
    real = os.path.realpath(place)
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return "unknown"
    for mount in mounts:
        _, point, kind, *_ = mount.split()
        if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= len(found[0]):
            found = point, kind
    return found[1]


def tree(folder: Path) -> tuple[int, int]:
    """Files below a folder, and their bytes."""
    files = size = 0
    for where, _, names in os.walk(folder):
        files += len(names)
        size += sum(os.lstat(os.path.join(where, name)).st_size for name in names)
    return files, size


def differences(one: Path, other: Path) -> int:
    """How many files of two sites differ, or are in one only."""
    told = subprocess.run(["diff", "-rq", "--exclude", ".portolan", str(one), str(other)], capture_output=True, text=True, check=False)
    return len((told.stdout + told.stderr).splitlines())
