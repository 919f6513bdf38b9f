"""A lock that the kernel holds for a process and all that it starts, until the last of them ends.

However they end: a lock can't be left behind.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE = 3.0  # seconds that we wait for the last processes of a build that was killed
_PAUSE = 0.05


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file at ``path``, made with its folders; ``what`` its holder does, for others.

    Who holds the lock may remove the file, and nobody else may. Raises Busy.
    """
    descriptor = _acquire(path, what)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    until = time.monotonic() + _PATIENCE
    while (descriptor := _attempt(path, what, time.monotonic() > until)) is None:
        pass
    return descriptor


def _attempt(path: Path, what: str, is_late: bool) -> int | None:
    """The open and locked file; ``None`` when it is worth another attempt."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except (FileNotFoundError, FileExistsError):  # its holder took the folder away just now
        if is_late:
            raise
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(descriptor, path):
            kept, descriptor = descriptor, -1
            return kept
    except BlockingIOError:
        _refuse(os.pread(descriptor, 200, 0), what, is_late)
        time.sleep(_PAUSE)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file is still the one that others find; its last holder may have removed it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    return False


def _refuse(holder: bytes, what: str, is_late: bool) -> None:
    """Raise Busy, unless the holder's own process is gone and what it started will soon be."""
    process, _, host = holder.decode(errors="replace").partition(" ")
    is_elsewhere = host != socket.gethostname()
    if (process and is_elsewhere) or _is_alive(process) or is_late:
        where = f" on {host}" if host and is_elsewhere else ""
        raise Busy(f"process {process or 'unknown'}{where} is {what}; wait for it, or stop it")


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, OSError):
        return False
    return True
