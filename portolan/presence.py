"""Which files that we wrote are gone, without a look at each.

A folder that nobody has touched still holds what it held.

A file system notes when an entry of a folder was last made, renamed or removed. Folders that show
the time at which we left them are passed by, the others are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from portolan import files
from portolan.manifest import Manifest


class Presence:
    """What is there of the files in an output ``folder``.

    ``place`` keeps the times of its folders.
    """

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder, place

    def missing(self, manifest: Manifest) -> list[str]:
        """The paths at which there is no file any more."""
        known = self._known()
        names = {
            name: self._names(name)
            for name in _folders(manifest)
            if not (time := self._time(name)) or time != known.get(name)
        }
        return [*_lost(manifest, names)]

    def keep(self, manifest: Manifest) -> None:
        """Remember the folders as they are."""
        times = {name: self._time(name) for name in sorted(_folders(manifest))}
        if times != self._known():
            files.replace(self._place, msgspec.json.encode(times))

    def _known(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(files.read(self._place) or b"{}", type=dict[str, int])
        except (OSError, msgspec.DecodeError):  # not as we left it: we know nothing
            return {}

    def _time(self, name: str) -> int:
        try:
            return os.stat(self._folder / name).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def _names(self, name: str) -> frozenset[str]:
        try:
            with os.scandir(self._folder / name) as entries:
                return frozenset(e.name for e in entries if e.is_file(follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()


def _folders(manifest: Manifest) -> set[str]:
    return {path.rpartition("/")[0] for path in (*manifest.files, *manifest.runs)}


def _lost(manifest: Manifest, names: dict[str, frozenset[str]]) -> Iterator[str]:
    """The paths in the folders of ``names`` that aren't among the names there."""
    for path in manifest.files:
        folder, _, name = path.rpartition("/")
        if folder in names and name not in names[folder]:
            yield path
    for pattern, spans in manifest.runs.items():
        folder, _, name = pattern.rpartition("/")
        if folder not in names:
            continue
        before, _, after = name.partition("*")
        for span in spans:
            for number in range(span.first, span.last + 1):
                if f"{before}{number}{after}" not in names[folder]:
                    yield f"{folder}/{before}{number}{after}"
