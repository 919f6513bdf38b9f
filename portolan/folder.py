"""The folder that a site is built into.

Whether it is ours, and what we keep in it, in ``.portolan/``.

What we keep is never published: the list of what we wrote, the records of what it was made from,
what is pending for a deploy tool, the state that the last run left, and a lock.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portolan import files, lock
from portolan.manifest import Manifest
from portolan.pending import Changes, Pending
from portolan.presence import Presence
from portolan.records import Records

OURS = ".portolan"
_HARMLESS = {OURS, ".gitignore"}
_FILES = ("manifest", "state", "pending", "folders", "lock")
_FOLDERS = ("records", "growing")
_WAY_OUT = "`build.py build --clean` takes over what is recorded, and makes every page anew"


class NotOurs(Exception):
    """The output folder holds something that we didn't write."""


class Damaged(Exception):
    """What we keep in the output folder is not as we left it."""


class Folder:
    """An output folder, and what we keep in it."""

    def __init__(self, folder: Path, dry: bool = False) -> None:
        """``dry``: what is kept of pages for the next run stays as it is."""
        self.folder = folder
        self.ours = folder / OURS
        self.records = Records(self.ours / "records", dry)
        self.pending = Pending(self.ours / "pending")
        self.presence = Presence(folder, self.ours / "folders")
        self.state = self.ours / "state"
        self._manifest = self.ours / "manifest"

    def claim(self, adopt: bool = False) -> Manifest:
        """What we wrote into the folder before.

        Raises NotOurs when it holds what we didn't write, and Damaged when what we keep there can't
        be read; to ``adopt`` it is to take for ours what the records say.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise NotOurs(f"{self.folder} is not a folder")
        self._refuse_what_leads_away()
        if damage := self._damage():
            if not adopt:
                raise Damaged(f"{damage}. {_WAY_OUT}")
            return self.records.written()
        data = files.read(self._manifest)
        return Manifest() if data is None else Manifest.parse(data.decode())

    def _refuse_what_leads_away(self) -> None:
        for path in (self.ours, *(self.ours / name for name in (*_FILES, *_FOLDERS))):
            if path.is_symlink():
                raise NotOurs(f"{path} is a link, and nothing is written by way of one")
        if self.ours.exists() and not self.ours.is_dir():
            raise NotOurs(f"{self.ours} is not a folder")

    def _damage(self) -> str:
        """What is wrong with what we keep, in words.

        Raises NotOurs for a folder that we never built into.
        """
        if misplaced := self._misplaced():
            return f"{misplaced[0]} is not as it was left"
        data = files.read(self._manifest)
        if data is not None:
            try:
                Manifest.parse(data.decode())
            except ValueError as error:
                return f"{self._manifest} is damaged: {error}"
            return ""
        names = (path.name for path in self.folder.iterdir()) if self.folder.exists() else ()
        foreign = min((name for name in names if name not in _HARMLESS), default=None)
        if foreign is None:
            return ""
        if self.ours.exists():
            return f"{self._manifest} is gone"
        raise NotOurs(
            f"{self.folder} is neither empty nor made by this program: it holds {foreign} "
            f"(if it was, and its {OURS} is lost, make an empty folder of that name in it and build "
            "with --clean)"
        )

    def _misplaced(self) -> list[Path]:
        """What of ours is no file where it has to be one, or no folder."""
        records = self.ours / "records"
        of_files = [self.ours / name for name in _FILES]
        of_files += sorted(records.iterdir()) if records.is_dir() else []
        wrong = [path for path in of_files if path.exists() and not files.is_file(path)]
        return wrong + [
            p for p in (self.ours / n for n in _FOLDERS) if p.exists() and not p.is_dir()
        ]

    def set_right(self) -> None:
        """Take away what stands in the place of something that we keep."""
        for path in self._misplaced():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            if path.name == "pending":
                self.pending.doubt()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other build out of the folder. Raises Busy."""
        was_there = self.folder.exists()
        path = self.ours / "lock"
        with lock.held(path, f"building into {self.folder}"):
            try:
                self._sweep()
                yield
                self._sweep()
            finally:
                if not self._manifest.exists():  # nothing came of it: leave nothing
                    path.unlink(missing_ok=True)
                    remove_empty([self.ours, *([] if was_there else [self.folder])])

    def _sweep(self) -> None:
        """Take away what processes left on its way."""
        for left in self.ours.glob(".new-*"):
            left.unlink()
        for left in self.ours.glob("way-*"):
            shutil.rmtree(left)

    def record(self, manifest: Manifest) -> None:
        """Keep the manifest.

        It is recorded before the writing (what may come) and after it (what is there).
        """
        self.ours.mkdir(parents=True, exist_ok=True)
        files.replace(self._manifest, str(manifest).encode())

    def is_growing(self, tree: str) -> bool:
        """Whether a tree is on its way, and not published yet."""
        return os.path.isdir(self._hidden(tree))

    def tell_changes(self, tell: Callable[[Changes], None]) -> None:
        """Call ``tell`` with what is to be published.

        It stays pending until it is said to be published.
        """
        with self.locked():
            self.pending.tell(self.folder, self.claim(), self.is_growing, tell)

    def _hidden(self, tree: str) -> str:
        return f"{self.folder}/{OURS}/growing/{tree}"


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove the folders in order, but for those that hold a file: somebody else's, or ours."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            pass
