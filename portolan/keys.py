"""The key of this user, outside every checkout: who can write there can't seal anything with it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_SIZE = 32  # bytes


def own_key(project: Path) -> bytes | None:
    """The key, made when there is none yet.

    ``None`` where nothing can be kept to oneself: in a home that can't be written to, that others
    may read, or that lies within the ``project``, whose files may be anybody's.
    """
    path = _place()
    if path is None or path.is_relative_to(project.resolve()):
        return None
    return _read(path) or _make(path)


def _place() -> Path | None:
    """``$XDG_CACHE_HOME/portolan/key``, links resolved."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return (home / "portolan" / "key").resolve() if home.is_absolute() else None
    except (OSError, RuntimeError):  # no home, or links in a circle
        return None


def _read(path: Path) -> bytes | None:
    """The key at ``path``, if it is ours alone and whole."""
    try:
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            key = file.read(_SIZE + 1)
    except OSError:
        return None
    alone = not hasattr(os, "getuid") or (
        status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077
    )
    return key if alone and len(key) == _SIZE else None


def _make(path: Path) -> bytes | None:
    """A new key at ``path``; the one that is there if another process was faster."""
    temporary = path.with_name(f"key-{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(_SIZE))
        os.link(temporary, path)  # in one step, and never over another
    except OSError:
        pass
    with suppress(OSError):
        temporary.unlink()
    return _read(path)
