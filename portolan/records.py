"""What each block and page was made from, and the digest of each file.

The records are for the next build: what was made from the same fingerprints needs no making. A
record is taken back before its files are touched and put down after them, so it never claims what
isn't on disk; one that a killed process left half-written fails its check and counts as none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from portolan import files
from portolan.fingerprints import SIZE
from portolan.manifest import Manifest
from portolan.pages import BLOCK, BLOCKS, Block, Page, is_possible
from portolan.registry.types import Span


class Record(NamedTuple):
    """Of a block in a locale.

    Fingerprints (see ``fingerprints``) and the digests of what was written, ``SIZE`` bytes each.

    ``common`` is what the port pages share, ``index_page`` the block's index page; ``ports`` and
    ``digests`` go port by port, ``NONE`` where no page was made.
    """

    common: bytes
    index_page: bytes
    index_digest: bytes
    ports: bytes
    digests: bytes

    @property
    def by_port(self) -> list[bytes]:
        """The digest of each port's page, ``NONE`` where none was made."""
        return (
            [self.digests[at : at + SIZE] for at in range(0, BLOCK * SIZE, SIZE)]
            if self is not NOTHING
            else [NONE] * BLOCK
        )

    def same(self, common: bytes, ports: bytes) -> bool:
        """Whether all pages of ports were made from these fingerprints."""
        return self.common == common and self.ports == ports

    def without(self, block: Block, keys: Iterable[object]) -> Record:
        """The same of ``block``, claiming nothing of pages of ports (numbers) or of its index."""
        index_page, ports, digests = self.index_page, bytearray(self.ports), bytearray(self.digests)
        for key in keys:
            if isinstance(key, int):
                own = slice((key - block.first) * SIZE, (key - block.first + 1) * SIZE)
                ports[own] = digests[own] = NONE
            else:
                index_page = NONE
        return self._replace(index_page=index_page, ports=bytes(ports), digests=bytes(digests))

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

    def __init__(self, folder: Path, dry: bool = False) -> None:
        """``dry``: whatever is put down or dropped is so in memory alone."""
        self._folder, self._dry = folder, dry
        self._blocks: dict[tuple[str, Block], Record] = {}
        self._pages: dict[str, dict[str, tuple[bytes, bytes]]] = {}
        self._open: dict[str, int] = {}
        self._missing: set[str] = (
            set()
        )  # nobody but this run makes records, so what isn't there needs no second look

    def block(self, locale: str, block: Block) -> Record:
        """The record of a block; ``NOTHING`` when there is none, or none that is whole."""
        if (locale, block) in self._blocks:
            return self._blocks[locale, block]
        if locale in self._missing:
            return NOTHING
        try:
            data = os.pread(self._descriptor(locale, os.O_RDONLY), _LENGTH, _place(block))
        except (FileNotFoundError, IsADirectoryError):
            self._missing.add(locale)
            return NOTHING
        if len(data) < _LENGTH or xxh3_64_digest(data[SIZE:]) != data[:SIZE]:
            return NOTHING
        common, index_page, index_digest = (
            data[at : at + SIZE] for at in range(SIZE, 4 * SIZE, SIZE)
        )
        middle = SIZE * (4 + BLOCK)
        return Record(common, index_page, index_digest, data[4 * SIZE : middle], data[middle:])

    def forget(self, locale: str, block: Block) -> None:
        """Take the record of a block back, before its files are touched."""
        os.pwrite(self._descriptor(locale, os.O_RDWR), NONE, _place(block))

    def put(self, locale: str, block: Block, record: Record) -> None:
        """Put the record of a block down, after its files."""
        if self._dry:
            self._blocks[locale, block] = record
            return
        data = b"".join(record)
        os.pwrite(self._descriptor(locale, os.O_RDWR), xxh3_64_digest(data) + data, _place(block))

    def doubt(self, paths: Iterable[str]) -> None:
        """Claim nothing of the pages at some paths, so that the next run makes them again."""
        doubtful = set(paths)
        for name in self.names():
            pages = self.pages(name)
            if doubtful & pages.keys():
                kept = {path: record for path, record in pages.items() if path not in doubtful}
                self.put_pages(name, kept)
        keys: dict[tuple[str, Block], list[object]] = {}
        for page in filter(None, map(Page.parse, doubtful)):
            if page.kind in ("port", "block") and page.locale:
                block = Block.of(page.key) if isinstance(page.key, int) else page.key
                keys.setdefault((page.locale, block), []).append(page.key)  # type: ignore[arg-type]
        for (locale, block), of_block in keys.items():
            if (record := self.block(locale, block)) is not NOTHING:
                self.put(locale, block, record.without(block, of_block))

    def pages(self, name: str) -> dict[str, tuple[bytes, bytes]]:
        """Fingerprint and digest of each page in a record of single pages, by path.

        None when it can't be read.
        """
        if name in self._pages:
            return self._pages[name]
        try:
            data = files.read(self._folder / f"{name}.json")
            found = msgspec.json.decode(data or b"{}", type=dict[str, tuple[str, str]])
            pages = {path: (bytes.fromhex(a), bytes.fromhex(b)) for path, (a, b) in found.items()}
        except (
            IsADirectoryError,
            msgspec.DecodeError,
            ValueError,
        ):  # not as we left it: we know nothing
            return {}
        return pages if all(map(is_possible, pages)) else {}

    def put_pages(self, name: str, pages: Mapping[str, tuple[bytes, bytes]]) -> None:
        """Put a record of single pages down."""
        if self._dry:
            self._pages[name] = dict(pages)
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        shown = {
            path: (fingerprint.hex(), digest.hex()) for path, (fingerprint, digest) in pages.items()
        }
        files.replace(self._folder / f"{name}.json", msgspec.json.encode(shown))

    def drop(self, name: str) -> None:
        """Forget all about a locale or a record of single pages."""
        if self._dry:
            self._pages[name] = {}
            self._blocks |= {(name, block): NOTHING for block in BLOCKS}
            return
        for key in [key for key in self._open if key.partition(":")[0] == name]:
            os.close(self._open.pop(key))
        for path in (self._folder / name, self._folder / f"{name}.json"):
            path.unlink(missing_ok=True)

    def names(self) -> set[str]:
        """What there are records of."""
        return {path.name.removesuffix(".json") for path in self._folder.glob("*")}

    def written(self) -> Manifest:
        """The paths of all pages that are recorded."""
        names = self.names()
        single = [path for name in names for path in self.pages(name)]
        runs: dict[str, list[Span]] = {}
        for tag in names:
            for block in BLOCKS if f"{tag}{SINGLES}" in names else ():
                record = self.block(tag, block)
                if record.index_digest != NONE:
                    single.append(Page("block", tag, block).path)
                made = [n for n, d in zip(block.ports, record.by_port, strict=True) if d != NONE]
                runs.setdefault(Page("port", tag, "*").path, []).extend(Span(n, n) for n in made)
        return Manifest(sorted(set(single)), runs)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is recorded, with its digest."""
        names = self.names()
        for name in names:
            yield from ((path, digest) for path, (_, digest) in self.pages(name).items())
            if f"{name}{SINGLES}" in names:
                yield from self._of_locale(name)

    def _of_locale(self, locale: str) -> Iterator[tuple[str, bytes]]:
        for block in BLOCKS:
            record = self.block(locale, block)
            if record.index_digest != NONE:
                yield Page("block", locale, block).path, record.index_digest
            for number, digest in zip(block.ports, record.by_port, strict=True):
                if digest != NONE:
                    yield Page("port", locale, number).path, digest

    def _descriptor(self, locale: str, mode: int) -> int:
        key = f"{locale}:{mode}"
        if key not in self._open:
            if mode != os.O_RDONLY:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._missing.discard(locale)
                mode |= os.O_CREAT
            self._open[key] = os.open(self._folder / locale, mode | os.O_NOFOLLOW, 0o644)
        return self._open[key]


def _place(block: Block) -> int:
    return block.first // BLOCK * _LENGTH
