"""The only writer. It puts files into a folder that is ours, and takes away only what it wrote.

A file that is there already is replaced in one step, and only when its bytes differ. A *tree* that is new (the first
build of a locale) grows out of sight below ``.portolan/`` and appears with one rename. So no published file is ever torn.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portolan import files
from portolan.manifest import NONE, SINGLES, Manifest, Records
from portolan.pages import BLOCKS, Block, Page

OURS = ".portolan"
_HARMLESS = {OURS, ".gitignore"}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_PATIENCE = 3.0  # seconds that we wait for the last processes of a build that was killed


class NotOurs(Exception):
    """The output folder holds something that we didn't write."""


class Busy(Exception):
    """Another process writes into the output folder."""


class Output:
    """The output folder. The parent process opens and closes the run; any process may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours = folder / OURS
        self.records = Records(self.ours / "records")
        self.state = self.ours / "state"
        self._manifest = self.ours / "manifest"
        self._changed = self.ours / "changed"
        self._made: set[str] = set()
        self._fresh: dict[str, bool] = {}
        self._open: dict[str, int] = {}

    def claim(self) -> Manifest:
        """What we wrote into the folder before. Raises NotOurs when it holds what we didn't."""
        if self.folder.exists() and not self.folder.is_dir():
            raise NotOurs(f"{self.folder} is not a folder")
        if (data := files.read(self._manifest)) is not None:
            return Manifest.parse(data.decode())
        foreign = sorted(path.name for path in self.folder.iterdir() if path.name not in _HARMLESS) if self.folder.exists() else []
        if foreign:
            raise NotOurs(f"{self.folder} is neither empty nor made by this program: it holds {foreign[0]}")
        return Manifest()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other build out of the folder. Raises Busy.

        The kernel holds the lock for this process and all that it starts, and lets go when the last of them ends, however it
        does: a lock can't be left behind.
        """
        was_there = self.folder.exists()
        self.ours.mkdir(parents=True, exist_ok=True)
        path = self.ours / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._wait_for(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()} {socket.gethostname()}".encode())
            self._sweep()
            yield
            self._sweep()
        finally:
            if not self._manifest.exists():  # nothing came of it: leave nothing
                path.unlink(missing_ok=True)
                for folder in (self.ours, *([] if was_there else [self.folder])):
                    try:
                        folder.rmdir()
                    except OSError:
                        break
            os.close(descriptor)

    def _sweep(self) -> None:
        """Take away what processes left on its way."""
        for left in self.ours.glob("new-*"):
            left.unlink()
        for left in self.ours.glob("way-*"):
            shutil.rmtree(left)

    def _wait_for(self, descriptor: int) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                process, _, host = os.pread(descriptor, 200, 0).decode(errors="replace").partition(" ")
                alive = host != socket.gethostname() or _is_alive(process)
                if alive or time.monotonic() > until:
                    where = f" on {host}" if host and host != socket.gethostname() else ""
                    raise Busy(f"process {process or 'unknown'}{where} is building into {self.folder}; wait for it, or stop it") from None
                time.sleep(0.05)

    def record(self, manifest: Manifest) -> None:
        """Keep the manifest. It is recorded before the writing (what may come) and after it (what is there)."""
        self.ours.mkdir(parents=True, exist_ok=True)
        files.replace(self._manifest, str(manifest).encode())

    def differs(self, path: str, data: bytes) -> bool:
        """Whether ``write`` would write."""
        tree = path.partition("/")[0] if "/" in path else ""
        return bool(tree and self.is_fresh(tree)) or files.read(f"{self.folder}/{path}") != data

    def write(self, path: str, data: bytes) -> bool:
        """Put ``data`` at ``path``; false when it was there already, byte for byte."""
        tree = path.partition("/")[0] if "/" in path else ""
        if tree and self.is_fresh(tree):
            return self._grow(self._hidden(tree) + path[len(tree) :], data)
        target = f"{self.folder}/{path}"
        return files.read(target) != data and self._replace(target, data)

    def writer(self, folder: str) -> Callable[[str, bytes, bool], bool]:
        """``write`` for many files of a folder, by name. Where the last argument is true, something else is known to be there."""
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
            if not other and files.read(f"{path}/{name}") == data:
                return False
            try:
                files.write_all(os.open("new", _ANEW, 0o644, dir_fd=beside), data)
                os.replace("new", name, src_dir_fd=beside, dst_dir_fd=place)
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
            self._fresh[tree] = not (self.folder / tree).exists()
        return self._fresh[tree]

    def is_lost(self, tree: str) -> bool:
        """Whether a tree is neither published nor growing: what was recorded of it holds no longer."""
        return not (self.folder / tree).exists() and not os.path.isdir(self._hidden(tree))

    def remove(self, paths: Iterable[str]) -> Iterator[str]:
        """Take away files that we wrote, and the folders that this leaves empty. Gives those that were there."""
        folders: set[Path] = set()
        for path in paths:
            folders.update(parent for parent in Path(path).parents if parent.name)
            try:
                (self.folder / path).unlink()
            except FileNotFoundError:
                continue
            yield path
        for folder in sorted(folders, key=lambda f: -len(f.parts)):
            try:
                (self.folder / folder).rmdir()
            except OSError:
                pass  # not empty: somebody else's file, or ours that stay

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop records and half-grown trees of what is not made any more."""
        for name in self.records.names() - set(names):
            self.records.drop(name)
        for left in (self.ours / "growing").glob("*"):
            if left.name not in names:
                shutil.rmtree(left)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is recorded, with its digest."""
        names = self.records.names()
        for name in names:
            if f"{name}{SINGLES}" in names:
                yield from self._of_locale(name)
            else:
                yield from ((path, digest) for path, (_, digest) in self.records.pages(name).items())

    def _of_locale(self, locale: str) -> Iterator[tuple[str, bytes]]:
        for block in BLOCKS:
            record = self.records.block(locale, block)
            own = ((Page("port", locale, number).path, digest) for number, digest in zip(block.ports, record.by_port, strict=True))
            yield from ((path, digest) for path, digest in ((Page("block", locale, block).path, record.index_digest), *own) if digest != NONE)

    def doubt(self, paths: Iterable[str]) -> None:
        """Take back what is recorded of some files, so that the next run makes them again."""
        doubtful = set(paths)
        for name in self.records.names():
            pages = self.records.pages(name)
            if doubtful & pages.keys():
                self.records.put_pages(name, {path: record for path, record in pages.items() if path not in doubtful})
        for path in doubtful:
            page = Page.parse(path)
            if page and page.locale and isinstance(page.key, int):
                self.records.doubt(page.locale, Block.of(page.key), page.key)
            elif page and page.locale and isinstance(page.key, Block):
                self.records.doubt(page.locale, page.key)

    # What a deploy tool has to copy

    def note(self, changed: Manifest, removed: Iterable[str] = ()) -> None:
        """Remember paths that changed or went, until they are told to somebody."""
        lines = [f"+{line}" for line in changed.lines()] + [f"-{path}" for path in removed]
        if lines:
            descriptor = os.open(self._changed, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            files.write_all(descriptor, "".join(f"{line}\n" for line in lines).encode())

    def noted(self) -> tuple[list[str], list[str]]:
        """All paths that changed and all that went since ``told``, sorted."""
        state: dict[str, bool] = {}
        for line in (files.read(self._changed) or b"").decode(errors="replace").splitlines():
            state |= dict.fromkeys(Manifest.parse(line[1:]), line.startswith("+"))
        return sorted(path for path, there in state.items() if there), sorted(path for path, there in state.items() if not there)

    def told(self) -> None:
        """Forget what was noted: somebody has been told."""
        self._changed.unlink(missing_ok=True)

    def room(self) -> tuple[int, int | None, int]:
        """Free bytes, free files (``None`` where the file system has no limit), and the size that a file's last bytes take up."""
        place = self.folder
        while not place.exists():
            place = place.parent
        stat = os.statvfs(place)
        return stat.f_bavail * stat.f_frsize, stat.f_favail if stat.f_files else None, stat.f_bsize

    def _hidden(self, tree: str) -> str:
        return f"{self.folder}/{OURS}/growing/{tree}"

    def _replace(self, target: str, data: bytes) -> bool:
        self._folder_of(target)
        files.replace(target, data, self._beside())
        return True

    def _beside(self) -> str:
        """A folder of this process, for files on their way: processes that share one get in each other's way."""
        folder = f"{self.ours}/way-{os.getpid()}"
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        return folder

    def _descriptor(self, folder: str) -> int:
        """An open folder: files are named below it, which saves the system the way through all folders, thousands of times."""
        if folder not in self._open:
            self._folder_of(f"{folder}/")
            self._open[folder] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return self._open[folder]

    def _grow(self, target: str, data: bytes) -> bool:
        """Write straight into a hidden tree; what an interrupted run left there is kept where it is whole."""
        self._folder_of(target)
        try:
            descriptor = os.open(target, _NEW, 0o644)
        except FileExistsError:
            if files.read(target) == data:
                return True
            descriptor = os.open(target, os.O_WRONLY | os.O_TRUNC)
        files.write_all(descriptor, data)
        return True

    def _folder_of(self, target: str) -> None:
        folder = os.path.dirname(target)
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, OSError):
        return False
    return True
