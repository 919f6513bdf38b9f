"""What the generator wrote: the paths, what each block and page was made from, and the digest of each file.

All of it lies in ``.portolan/`` in the output folder and is never published. The manifest is the list of paths, so that
nothing of anybody else's is ever removed. The records are for the next build: what was made from the same fingerprints
needs no making. A record is taken back before its files are touched and put down after them, so it never claims what
isn't on disk; one that a killed process left half-written fails its check and counts as none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from portolan import files
from portolan.fingerprints import SIZE
from portolan.pages import BLOCK, Block
from portolan.registry.types import Span

_LINE = re.compile(r"(?P<before>[^{}]*)\{(?P<first>\d+)-(?P<last>\d+)\}(?P<after>[^{}]*)")


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


class Record(NamedTuple):
    """Of a block in a locale: fingerprints (see ``fingerprints``) and the digests of what was written, ``SIZE`` bytes each.

    ``common`` is what the port pages share, ``index_page`` the block's index page; ``ports`` and ``digests`` go port by port,
    ``NONE`` where no page was made.
    """

    common: bytes
    index_page: bytes
    index_digest: bytes
    ports: bytes
    digests: bytes

    @property
    def by_port(self) -> list[bytes]:
        """The digest of each port's page, ``NONE`` where none was made."""
        return [self.digests[at : at + SIZE] for at in range(0, BLOCK * SIZE, SIZE)] if self is not NOTHING else [NONE] * BLOCK

    def same(self, common: bytes, ports: bytes) -> bool:
        """Whether all pages of ports were made from these fingerprints."""
        return self.common == common and self.ports == ports

    def made_from(self, at: int, common: bytes, ports: bytes) -> bool:
        """Whether the page of the block's port number ``at`` was."""
        own = slice(at * SIZE, (at + 1) * SIZE)
        return self.common == common and self.ports[own] == ports[own]


SINGLES = "-singles"  # ends the name of the record of a locale's pages outside blocks
NONE = bytes(SIZE)
NOTHING = Record(NONE, NONE, NONE, NONE * BLOCK, NONE * BLOCK)
_LENGTH = SIZE * (4 + 2 * BLOCK)


# The digest by which a written file is known again.
file_digest = xxh3_64_digest


class Records:
    """The records in a folder. Each is written by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, int] = {}
        self._missing: set[str] = set()  # nobody but this run makes records, so what isn't there needs no second look

    def block(self, locale: str, block: Block) -> Record:
        """The record of a block; ``NOTHING`` when there is none, or none that is whole."""
        if locale in self._missing:
            return NOTHING
        try:
            data = os.pread(self._descriptor(locale, os.O_RDONLY), _LENGTH, _place(block))
        except FileNotFoundError:
            self._missing.add(locale)
            return NOTHING
        if len(data) < _LENGTH or xxh3_64_digest(data[SIZE:]) != data[:SIZE]:
            return NOTHING
        common, index_page, index_digest = (data[at : at + SIZE] for at in range(SIZE, 4 * SIZE, SIZE))
        middle = SIZE * (4 + BLOCK)
        return Record(common, index_page, index_digest, data[4 * SIZE : middle], data[middle:])

    def forget(self, locale: str, block: Block) -> None:
        """Take the record of a block back, before its files are touched."""
        os.pwrite(self._descriptor(locale, os.O_RDWR), NONE, _place(block))

    def put(self, locale: str, block: Block, record: Record) -> None:
        """Put the record of a block down, after its files."""
        data = b"".join(record)
        os.pwrite(self._descriptor(locale, os.O_RDWR), xxh3_64_digest(data) + data, _place(block))

    def doubt(self, locale: str, block: Block, port: int | None = None) -> None:
        """Let the record of a block claim less: nothing of a port's page, or nothing of the index page."""
        record = self.block(locale, block)
        if port is None:
            record = record._replace(index_page=NONE)
        else:
            at = (port - block.first) * SIZE
            ports, digests = (of_all[:at] + NONE + of_all[at + SIZE :] for of_all in (record.ports, record.digests))
            record = record._replace(ports=ports, digests=digests)
        if record != NOTHING:
            self.put(locale, block, record)

    def pages(self, name: str) -> dict[str, tuple[bytes, bytes]]:
        """Fingerprint and digest of each page in a record of single pages, by path; none when it can't be read."""
        data = files.read(self._folder / f"{name}.json")
        try:
            found = msgspec.json.decode(data or b"{}", type=dict[str, tuple[str, str]])
        except msgspec.DecodeError:  # not as we left it: we know nothing
            return {}
        return {path: (bytes.fromhex(fingerprint), bytes.fromhex(digest)) for path, (fingerprint, digest) in found.items()}

    def put_pages(self, name: str, pages: Mapping[str, tuple[bytes, bytes]]) -> None:
        """Put a record of single pages down."""
        self._folder.mkdir(parents=True, exist_ok=True)
        shown = {path: (fingerprint.hex(), digest.hex()) for path, (fingerprint, digest) in pages.items()}
        files.replace(self._folder / f"{name}.json", msgspec.json.encode(shown))

    def drop(self, name: str) -> None:
        """Forget all about a locale or a record of single pages."""
        for key in [key for key in self._open if key.partition(":")[0] == name]:
            os.close(self._open.pop(key))
        for path in (self._folder / name, self._folder / f"{name}.json"):
            path.unlink(missing_ok=True)

    def names(self) -> set[str]:
        """What there are records of."""
        return {path.name.removesuffix(".json") for path in self._folder.glob("*")}

    def _descriptor(self, locale: str, mode: int) -> int:
        key = f"{locale}:{mode}"
        if key not in self._open:
            if mode != os.O_RDONLY:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._missing.discard(locale)
                mode |= os.O_CREAT
            self._open[key] = os.open(self._folder / locale, mode, 0o644)
        return self._open[key]


def _place(block: Block) -> int:
    return block.first // BLOCK * _LENGTH
