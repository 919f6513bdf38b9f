"""The list of paths that the generator wrote, so that nothing of anybody else's is ever removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from portolan.pages import Page, is_possible
from portolan.registry.types import Span

_LINE = re.compile(r"(?P<before>[^{}]*)\{(?P<first>\d+)-(?P<last>\d+)\}(?P<after>[^{}]*)")

_ENDS = ("first", "last")


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
        """Read what ``str(manifest)`` wrote. ``ValueError`` where a line is no path of a page."""
        files: list[str] = []
        runs: dict[str, list[Span]] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if run := _LINE.fullmatch(line):
                first, last = (_port(f"{run['before']}{run[end]}{run['after']}") for end in _ENDS)
                if first is None or last is None or first > last:
                    raise ValueError(f"line {number} is no run of pages: {line[:80]!r}")
                runs.setdefault(f"{run['before']}*{run['after']}", []).append(Span(first, last))
            elif is_possible(line):
                files.append(line)
            elif line and not line.startswith("#"):
                raise ValueError(f"line {number} is no path of a page: {line[:80]!r}")
        return cls(files, runs)

    def __str__(self) -> str:
        return "# What the generator wrote here, and may take away again.\n" + "".join(f"{line}\n" for line in self.lines())

    def lines(self) -> list[str]:
        """The paths, sorted; a run is one."""
        lines = list(self.files)
        for pattern, spans in self.runs.items():
            before, _, after = pattern.partition("*")
            lines += [f"{before}{{{span.first}-{span.last}}}{after}" for span in spans]
        return sorted(lines)

    def __iter__(self) -> Iterator[str]:
        """Every single path."""
        return self - Manifest()

    @classmethod
    def union(cls, manifests: Iterable[Manifest]) -> Manifest:
        """All paths of all manifests."""
        files: set[str] = set()
        runs: dict[str, list[Span]] = {}
        for manifest in manifests:
            files |= manifest.files
            for pattern, spans in manifest.runs.items():
                runs.setdefault(pattern, []).extend(spans)
        return cls(files, dict(sorted(runs.items())))

    def __or__(self, other: Manifest) -> Manifest:
        return Manifest.union((self, other))

    def __sub__(self, other: Manifest) -> Iterator[str]:
        """The paths of this manifest that the other doesn't hold."""
        yield from sorted(self.files - other.files)
        for pattern, spans in self.runs.items():
            if other.runs.get(pattern) == spans:
                continue
            kept = {number for span in other.runs.get(pattern, ()) for number in range(span.first, span.last + 1)}
            for span in spans:
                yield from (pattern.replace("*", str(number)) for number in range(span.first, span.last + 1) if number not in kept)

    def __len__(self) -> int:
        return len(self.files) + sum(len(span) for spans in self.runs.values() for span in spans)

    @property
    def trees(self) -> set[str]:
        """The locales of which there are pages of ports."""
        return {pattern.partition("/")[0] for pattern in self.runs}

    def below(self, tree: str) -> int:
        """How many of the paths lie in the folder ``tree``."""
        files = sum(path.startswith(f"{tree}/") for path in self.files)
        return files + sum(len(span) for pattern, spans in self.runs.items() if pattern.startswith(f"{tree}/") for span in spans)


def _port(path: str) -> int | None:
    """The port whose page is at a path."""
    page = Page.parse(path)
    return page.key if page and isinstance(page.key, int) and page.kind == "port" else None


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
