"""The only writer. It puts files into a folder that is ours, and takes away only what it wrote.

A file that is there already is replaced in one step, and only when its bytes differ. A *tree* that
is new (the first build of a locale) grows out of sight below ``.portolan/`` and appears with one
rename. So no published file is ever torn. Nothing is written or removed by way of a link, or at a
path at which no page of ours can be.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from portolan import files
from portolan.folder import Folder, remove_empty
from portolan.pages import is_possible

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Obstacle(Exception):
    """Something that we didn't make stands where a page or a folder of ours belongs."""


class Output(Folder):
    """An output folder that is written into.

    The parent process opens and closes the run; any process may write.
    """

    def __init__(self, folder: Path, dry: bool = False) -> None:
        super().__init__(folder, dry)
        self._made: set[str] = set()
        self._fresh: dict[str, bool] = {}
        self._open: dict[str, int] = {}

    def differs(self, path: str, data: bytes) -> bool:
        """Whether ``write`` would write."""
        tree = path.partition("/")[0] if "/" in path else ""
        return bool(tree and self.is_fresh(tree)) or not files.holds(f"{self.folder}/{path}", data)

    def write(self, path: str, data: bytes) -> bool:
        """Put ``data`` at ``path``; false when it was there already, byte for byte."""
        tree = path.partition("/")[0] if "/" in path else ""
        if tree and self.is_fresh(tree):
            return self._grow(self._hidden(tree) + path[len(tree) :], data)
        target = f"{self.folder}/{path}"
        return not files.holds(target, data) and self._replace(target, data)

    def writer(self, folder: str) -> Callable[[str, bytes, bool], bool]:
        """``write`` for many files of a folder, by name.

        Where the last argument is true, something else is known to be there.
        """
        tree = folder.partition("/")[0]
        is_fresh = self.is_fresh(tree)
        path = self._hidden(tree) + folder[len(tree) :] if is_fresh else f"{self.folder}/{folder}"
        place = self._descriptor(path)
        beside = -1 if is_fresh else self._descriptor(self._beside())

        def grow(name: str, data: bytes, other: bool) -> bool:
            try:
                files.write_all(os.open(name, _NEW, 0o644, dir_fd=place), data)
            except FileExistsError:
                return self._grow(f"{path}/{name}", data)
            except OSError as error:
                error.filename = f"{path}/{name}"
                raise
            return True

        def renew(name: str, data: bytes, other: bool) -> bool:
            if not other and files.holds(f"{path}/{name}", data):
                return False
            try:
                files.write_all(os.open("new", _ANEW, 0o644, dir_fd=beside), data)
                os.replace("new", name, src_dir_fd=beside, dst_dir_fd=place)
            except IsADirectoryError:
                raise _no_file(f"{path}/{name}") from None
            except OSError as error:
                error.filename = f"{path}/{name}"
                raise
            return True

        return grow if is_fresh else renew

    def publish(self, tree: str) -> None:
        """Let a tree that was new appear."""
        if self.is_fresh(tree) and os.path.isdir(self._hidden(tree)):
            os.rename(self._hidden(tree), self.folder / tree)
        self._fresh[tree] = False

    def is_fresh(self, tree: str) -> bool:
        """Whether a tree is new: not published yet."""
        if tree not in self._fresh:
            self._fresh[tree] = not os.path.lexists(self.folder / tree)
        return self._fresh[tree]

    def is_lost(self, tree: str) -> bool:
        """Whether a tree is neither published nor growing.

        What was recorded of it holds no longer.
        """
        return self.is_fresh(tree) and not self.is_growing(tree)

    def remove(self, paths: Iterable[str]) -> Iterator[str]:
        """Take away files that we wrote, and the folders that this leaves empty.

        Gives those that were there.
        """
        folders: set[Path] = set()
        leads_away: dict[str, bool] = {}
        for path in paths:
            folder = os.path.dirname(path)
            if folder not in leads_away:
                leads_away[folder] = self._obstacle(folder) is not None
            if leads_away[folder] or not is_possible(path):
                continue
            try:
                os.unlink(f"{self.folder}/{path}")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            folders.update(self.folder / parent for parent in Path(path).parents if parent.name)
            yield path
        remove_empty(sorted(folders, key=lambda folder: -len(folder.parts)))

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop records and half-grown trees of what is not made any more."""
        for name in self.records.names() - set(names):
            self.records.drop(name)
        for left in (self.ours / "growing").glob("*"):
            if left.name not in names:
                shutil.rmtree(left)

    def room(self) -> tuple[int, int | None, int]:
        """Free bytes, free files, and the size that a file's last bytes take up.

        Files are ``None`` where the file system has no limit.
        """
        place = self.folder
        while not place.exists():
            place = place.parent
        stat = os.statvfs(place)
        return stat.f_bavail * stat.f_frsize, stat.f_favail if stat.f_files else None, stat.f_bsize

    def _replace(self, target: str, data: bytes) -> bool:
        self._folder_of(target)
        try:
            files.replace(target, data, self._beside())
        except IsADirectoryError:
            raise _no_file(target) from None
        return True

    def _beside(self) -> str:
        """A folder of this process, for files on their way.

        Processes that share one get in each other's way.
        """
        folder = f"{self.ours}/way-{os.getpid()}"
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        return folder

    def _descriptor(self, folder: str) -> int:
        """An open folder.

        Files are named below it, which saves the system the way through all folders.
        """
        if folder not in self._open:
            self._folder_of(f"{folder}/")
            self._open[folder] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return self._open[folder]

    def _grow(self, target: str, data: bytes) -> bool:
        """Write straight into a hidden tree.

        What an interrupted run left there is kept where it is whole.
        """
        self._folder_of(target)
        try:
            descriptor = os.open(target, _NEW, 0o644)
        except FileExistsError:
            if files.holds(target, data):
                return True
            os.unlink(target)
            descriptor = os.open(target, _NEW, 0o644)
        files.write_all(descriptor, data)
        return True

    def _folder_of(self, target: str) -> None:
        """See that the folder of a file is there, and no link on the way to it."""
        folder = os.path.dirname(target)
        if folder not in self._made:
            if obstacle := self._obstacle(os.path.relpath(folder, self.folder)):
                raise Obstacle(f"{obstacle} is no folder, or a link to one: move it away")
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)

    def _obstacle(self, folder: str) -> Path | None:
        """What is no folder on the way from the output folder to one below it."""
        place = self.folder
        for part in Path(folder).parts:
            place /= part
            try:
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    return place
            except FileNotFoundError:
                return None
        return None


def _no_file(path: str) -> Obstacle:
    return Obstacle(f"{path} is a folder where a page belongs: move it away")
