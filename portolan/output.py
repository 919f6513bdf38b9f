"""The only writer. It puts files into a folder that is ours, and takes away only what it wrote.

A file that is there already is replaced in one step, and only when its bytes differ. A *tree* that is new (the first
build of a locale) grows out of sight below ``.portolan/`` and appears with one rename. So no published file is ever torn.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from portolan.registry.types import Span

_OURS = ".portolan"
_HARMLESS = {_OURS, ".gitignore"}
_LINE = re.compile(r"(?P<before>[^{}]*)\{(?P<first>\d+)-(?P<last>\d+)\}(?P<after>[^{}]*)")


class NotOurs(Exception):
    """The output folder holds something that we didn't write."""


class Manifest:
    """The paths we wrote: single ones, and runs such as ``en/ports/{0-65535}.html``."""

    def __init__(self, files: Iterable[str] = (), runs: Mapping[str, Iterable[Span]] | None = None) -> None:
        """``runs`` maps a path with ``*`` in the place of a number to the numbers' spans. ``ValueError`` for a path given twice."""
        listed = list(files)
        self.files = frozenset(listed)
        if len(self.files) != len(listed):
            raise ValueError(f"written twice: {sorted(path for path in self.files if listed.count(path) > 1)}")
        self.runs = {pattern: tuple(merge(spans)) for pattern, spans in (runs or {}).items() if spans}

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read what ``str(manifest)`` wrote."""
        files: list[str] = []
        runs: dict[str, list[Span]] = {}
        for line in text.splitlines():
            if run := _LINE.fullmatch(line):
                runs.setdefault(f"{run['before']}*{run['after']}", []).append(Span(int(run["first"]), int(run["last"])))
            elif line and not line.startswith("#"):
                files.append(line)
        return cls(files, runs)

    def __str__(self) -> str:
        lines = list(self.files)
        for pattern, spans in self.runs.items():
            before, _, after = pattern.partition("*")
            lines += [f"{before}{{{span.first}-{span.last}}}{after}" for span in spans]
        return "# What the generator wrote here, and may take away again.\n" + "".join(f"{line}\n" for line in sorted(lines))

    def __or__(self, other: Manifest) -> Manifest:
        patterns = {*self.runs, *other.runs}
        return Manifest(self.files | other.files, {p: (*self.runs.get(p, ()), *other.runs.get(p, ())) for p in sorted(patterns)})

    def __sub__(self, other: Manifest) -> Iterator[str]:
        """The paths of this manifest that the other doesn't hold."""
        yield from sorted(self.files - other.files)
        for pattern, spans in self.runs.items():
            kept = other.runs.get(pattern, ())
            for span in spans:
                for number in range(span.first, span.last + 1):
                    if not any(number in other_span for other_span in kept):
                        yield pattern.replace("*", str(number))

    def __len__(self) -> int:
        return len(self.files) + sum(len(span) for spans in self.runs.values() for span in spans)

    def below(self, tree: str) -> int:
        """How many of the paths lie in the folder ``tree``."""
        files = sum(path.startswith(f"{tree}/") for path in self.files)
        return files + sum(len(span) for pattern, spans in self.runs.items() if pattern.startswith(f"{tree}/") for span in spans)


def merge(spans: Iterable[Span]) -> Iterator[Span]:
    """The same numbers in the fewest spans, in order."""
    current: Span | None = None
    for span in sorted(spans):
        if current and span.first <= current.last + 1:
            current = Span(current.first, max(current.last, span.last))
            continue
        if current:
            yield current
        current = span
    if current:
        yield current


class Output:
    """The output folder. The parent process opens and closes the run; any process may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = folder / _OURS / "manifest"
        self._made: set[str] = set()
        self._fresh: dict[str, bool] = {}

    def claim(self) -> Manifest:
        """Make the folder ours and say what we wrote into it before. Raises NotOurs, writing nothing."""
        if self.folder.exists() and not self.folder.is_dir():
            raise NotOurs(f"{self.folder} is not a folder")
        if self._manifest.exists():
            return Manifest.parse(self._manifest.read_text())
        foreign = sorted(path.name for path in self.folder.iterdir() if path.name not in _HARMLESS) if self.folder.exists() else []
        if foreign:
            raise NotOurs(f"{self.folder} is neither empty nor made by this program: it holds {foreign[0]}")
        return Manifest()

    def record(self, manifest: Manifest) -> None:
        """Keep the manifest. It is recorded before the writing (what may come) and after it (what is there)."""
        self._manifest.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._manifest, str(manifest).encode())

    def write(self, path: str, data: bytes) -> bool:
        """Put ``data`` at ``path``; false when it was there already, byte for byte."""
        tree = path.partition("/")[0] if "/" in path else ""
        if tree and self._is_fresh(tree):
            return self._grow(self._hidden(tree) + path[len(tree) :], data)
        target = f"{self.folder}/{path}"
        if _read(target) == data:
            return False
        self._folder_of(target)
        _replace(Path(target), data, self.folder / _OURS)
        return True

    def publish(self, tree: str) -> None:
        """Let a tree that was new appear."""
        if self._is_fresh(tree) and os.path.isdir(self._hidden(tree)):
            os.rename(self._hidden(tree), self.folder / tree)
        self._fresh[tree] = False

    def remove(self, paths: Iterable[str]) -> int:
        """Take away files that we wrote, and the folders that this leaves empty. Returns how many there were."""
        removed = 0
        folders: set[Path] = set()
        for path in paths:
            target = self.folder / path
            try:
                target.unlink()
                removed += 1
            except FileNotFoundError:
                pass
            folders.update(parent for parent in Path(path).parents if parent.name)
        for folder in sorted(folders, key=lambda f: -len(f.parts)):
            try:
                (self.folder / folder).rmdir()
            except OSError:
                pass  # not empty: somebody else's file, or ours that stay
        return removed

    def room(self) -> tuple[int, int | None, int]:
        """Free bytes, free files (``None`` where the file system has no limit), and the size that a file's last bytes take up."""
        place = self.folder
        while not place.exists():
            place = place.parent
        stat = os.statvfs(place)
        return stat.f_bavail * stat.f_frsize, stat.f_favail if stat.f_files else None, stat.f_bsize

    def _is_fresh(self, tree: str) -> bool:
        if tree not in self._fresh:
            self._fresh[tree] = not (self.folder / tree).exists()
        return self._fresh[tree]

    def _hidden(self, tree: str) -> str:
        return f"{self.folder}/{_OURS}/growing/{tree}"

    def _grow(self, target: str, data: bytes) -> bool:
        """Write straight into a hidden tree; what an interrupted run left there is kept where it is whole."""
        self._folder_of(target)
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            if _read(target) == data:
                return True
            descriptor = os.open(target, os.O_WRONLY | os.O_TRUNC)
        _write_all(descriptor, data)
        return True

    def _folder_of(self, target: str) -> None:
        folder = os.path.dirname(target)
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes, beside: Path | None = None) -> None:
    temporary = f"{beside or path.parent}/new-{os.getpid()}"
    try:
        _write_all(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), data)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    try:
        written = os.write(descriptor, data)
        while written < len(data):
            more = os.write(descriptor, data[written:])
            if not more:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written += more
    finally:
        os.close(descriptor)
