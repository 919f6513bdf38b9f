"""What a deploy tool has to copy.

Paths that may differ between the output folder and what is published.

A path is *pending* from when it is written, or removed, until somebody says that what was listed is
published. Whether it has to be copied or deleted is never kept: that follows from what is there
when the list is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from portolan import files
from portolan.manifest import Manifest
from portolan.pages import Page

_LISTED = "="  # the line that ends what the last list held
_LAST = {Page(kind).path for kind in ("robots", "headers", "search", "sitemaps")}  # tell of pages


class Changes(NamedTuple):
    """Paths in an order in which no page that is published ever lacks something.

    ``assets`` come first: pages need them. Then ``pages``, and then what tells of pages. After
    that, what is ``removed``, and at last the assets that are (``unneeded``), which pages needed
    that were removed.
    """

    assets: list[str]
    pages: list[str]
    others: list[str]
    removed: list[str]
    unneeded: list[str]

    def write(self, path: Path) -> None:
        """Write the five steps to ``path``.1 to ``path``.5, one path a line.

        ``path`` itself gets all that is to be copied, in order, ``path``.removed all that is to be
        deleted after that.
        """
        lists = {f".{number}": step for number, step in enumerate(self, 1)}
        lists[""] = [*self.assets, *self.pages, *self.others]
        lists[".removed"] = [*self.removed, *self.unneeded]
        for ending, paths in lists.items():
            place = path.with_name(path.name + ending)
            place.write_text("".join(f"{line}\n" for line in paths), encoding="utf-8")


class Pending:
    """The paths that are pending, in a file that only grows until what was listed is published."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, paths: Manifest) -> None:
        """Let some paths be pending.

        Any process may say so at any time, before it writes or after.
        """
        if lines := paths.lines():
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            # The newline comes first: a line that a full disk cut short must not swallow the next.
            data = "".join(f"\n{line}" for line in lines) + "\n"
            files.write_all(os.open(self._path, flags, 0o644), data.encode())

    def tell(
        self,
        folder: Path,
        everything: Manifest,
        is_growing: Callable[[str], bool],
        tell: Callable[[Changes], None],
    ) -> None:
        """Call ``tell`` with all that is pending in the output ``folder``, and remember that.

        ``everything`` is pending when we can't read what is. What belongs to trees that are growing
        out of sight (``is_growing``) is for a later list.
        """
        lines = Manifest.union(self._read(everything)).lines()
        later = [line for line in lines if "/" in line and is_growing(line.partition("/")[0])]
        now = sorted({*lines} - {*later})
        tell(_sorted(folder, Manifest.parse("\n".join(now))))
        self._write([*now, _LISTED, *later] if now else later)

    def doubt(self) -> None:
        """Let everything be pending."""
        self._write(["?"])

    def published(self) -> bool:
        """Let nothing of the last list be pending any more. False when there is no list."""
        lines = self._lines()
        if _LISTED not in lines:
            return False
        last = len(lines) - lines[::-1].index(_LISTED)
        self._write(lines[last:])
        return True

    def _read(self, everything: Manifest) -> Iterable[Manifest]:
        try:
            yield from [Manifest.parse(line) for line in set(self._lines()) - {_LISTED}]
        except ValueError:  # damaged: what else it held, nobody knows
            yield everything
            for line in self._lines():
                with suppress(ValueError):
                    yield Manifest.parse(line)

    def _lines(self) -> list[str]:
        data = files.read(self._path) or b""
        return [line for line in data.decode(errors="replace").split("\n") if line]

    def _write(self, lines: Iterable[str]) -> None:
        files.replace(self._path, "".join(f"{line}\n" for line in lines).encode())


def _sorted(folder: Path, paths: Iterable[str]) -> Changes:
    changes = Changes([], [], [], [], [])
    for path in sorted(paths):
        is_there = files.is_file(f"{folder}/{path}")
        if path.startswith("assets/"):
            (changes.assets if is_there else changes.unneeded).append(path)
        elif not is_there:
            changes.removed.append(path)
        elif path in _LAST or path.startswith("sitemap-"):
            changes.others.append(path)
        else:
            changes.pages.append(path)
    return changes
