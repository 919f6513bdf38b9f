"""What was worked out before: pickles below ``.cache/``, each under a digest of everything that it was worked out from.

The folder is ours alone and may be deleted at any time. A pickle that can't be read, whyever, is no
pickle. Reading one can run code, so each is sealed with a key that only this user has (``keys``):
what somebody else laid there, by a commit or through a cache that several share, is not opened.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from portolan.keys import own_key

T = TypeVar("T")
_SEAL = 32  # bytes
_LONGEST = 100  # letters of a file's name; with what is put to it, file systems take 255 bytes


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
        return {
            name: made or pickle.dumps(self[name], pickle.HIGHEST_PROTOCOL)
            for name, made in self._pickles.items()
        }

    def __setstate__(self, pickles: dict[str, bytes]) -> None:
        self._values, self._pickles = {}, pickles


class Cache:
    """Remembers values by name; a name holds the latest value only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getstate__(self) -> dict[str, object]:
        return {"_folder": self._folder}  # the key stays with who may have it

    @cached_property
    def _key(self) -> bytes | None:
        return own_key(self._folder.parent)

    def get(self, name: str, digest: bytes) -> Any:
        """What is kept under ``name``, if made from just what ``digest`` (16 bytes) names."""
        gc_was_on = gc.isenabled()
        gc.disable()  # a hundred thousand new objects and none of them garbage
        try:
            kept = memoryview(self._path(name).read_bytes())
            seal, pickled = kept[:_SEAL], kept[_SEAL:]
            return (
                pickle.loads(pickled)
                if hmac.compare_digest(seal, self._seal(name, digest, pickled))
                else None
            )
        except Exception:
            return None
        finally:
            if gc_was_on:
                gc.freeze()
                gc.unfreeze()  # to the old at once, or else the next object that is made would have all of them looked through
                gc.enable()

    def keep(self, name: str, digest: bytes, value: object) -> None:
        """Keep ``value`` under ``name``. A read-only checkout works as well, only without a memory."""
        if self._key is None:
            return
        path = self._path(name)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(self._seal(name, digest, pickled) + pickled)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()

    def _path(self, name: str) -> Path:
        short = (
            name
            if len(name) <= _LONGEST
            else hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
        )
        return self._folder / short

    def _seal(self, name: str, digest: bytes, pickled: bytes | memoryview) -> bytes:
        """What nobody can work out for a pickle without the key. ``ValueError`` if there is none."""
        if self._key is None:
            raise ValueError("there is no key")
        seal = hashlib.blake2b(digest, key=self._key, digest_size=_SEAL)
        seal.update(named := name.encode())
        seal.update(len(named).to_bytes(4, "big"))
        seal.update(pickled)
        return seal.digest()

    def made(self, name: str, digest: bytes, make: Callable[[], T]) -> T:
        """What is kept, or else what ``make`` makes, which is kept from then on; ``None`` is not."""
        value: T | None = self.get(name, digest)
        if value is None:
            value = make()
            if value is not None:
                self.keep(name, digest, value)
        return value
