"""What was worked out before: pickles below ``.cache/``, each under a digest of everything that it was worked out from.

The folder is ours alone and may be deleted at any time. A pickle that can't be read, whyever, is no pickle.
"""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_DIGEST = 16


class Packed(Mapping[str, T]):
    """Values by name, pickled each on its own: what nobody looks at is not unpickled."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values, self._pickles = dict(values), dict.fromkeys(values, b"")

    def __getitem__(self, name: str) -> T:
        if name not in self._values:
            self._values[name] = pickle.loads(self._pickles[name])
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pickles)

    def __len__(self) -> int:
        return len(self._pickles)

    def __getstate__(self) -> dict[str, bytes]:
        return {name: made or pickle.dumps(self[name], pickle.HIGHEST_PROTOCOL) for name, made in self._pickles.items()}

    def __setstate__(self, pickles: dict[str, bytes]) -> None:
        self._values, self._pickles = {}, pickles


class Cache:
    """Remembers values by name; a name holds the latest value only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, digest: bytes) -> Any:
        """What is kept under ``name``, if it was made from just what ``digest`` (16 bytes) names; else ``None``."""
        gc_was_on = gc.isenabled()
        gc.disable()  # a hundred thousand new objects and none of them garbage
        try:
            with open(self._folder / name, "rb") as file:
                return pickle.load(file) if file.read(_DIGEST) == digest else None
        except Exception:
            return None
        finally:
            if gc_was_on:
                gc.freeze()
                gc.unfreeze()  # to the old at once, or else the next object that is made would have all of them looked through
                gc.enable()

    def keep(self, name: str, digest: bytes, value: object) -> None:
        """Keep ``value`` under ``name``. A read-only checkout works as well, only without a memory."""
        path = self._folder / name
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(digest + pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)

    def made(self, name: str, digest: bytes, make: Callable[[], T]) -> T:
        """What is kept, or else what ``make`` makes, which is kept from then on; ``None`` is not."""
        value: T | None = self.get(name, digest)
        if value is None:
            value = make()
            if value is not None:
                self.keep(name, digest, value)
        return value
