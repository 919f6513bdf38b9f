"""Files, written so that nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read(path: str | Path) -> bytes | None:
    """The bytes of a file; ``None`` when there is none."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        return None


def is_file(path: str | Path) -> bool:
    """Whether a regular file is there: no folder, no link, no device."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def holds(path: str, data: bytes) -> bool:
    """Whether a regular file with just these bytes is there."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == len(data) and read(path) == data


def replace(path: str | Path, data: bytes, beside: str | Path | None = None) -> None:
    """Put ``data`` at ``path`` in one step, by way of a new file in the folder ``beside`` (of the same file system)."""
    temporary = f"{beside or os.path.dirname(path)}/.new-{os.getpid()}"  # hidden: no source, should it be left behind
    try:
        write_all(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), data)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, and close."""
    try:
        written = os.write(descriptor, data)
        while written < len(data):
            more = os.write(descriptor, data[written:])
            if not more:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written += more
    finally:
        os.close(descriptor)
