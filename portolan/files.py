"""Files, written so that nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def read(path: str | Path) -> bytes | None:
    """The bytes of a file; ``None`` when there is none."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        return None


def replace(path: str | Path, data: bytes, beside: str | Path | None = None) -> None:
    """Put ``data`` at ``path`` in one step, by way of a new file in the folder ``beside`` (of the same file system)."""
    temporary = f"{beside or os.path.dirname(path)}/new-{os.getpid()}"
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
