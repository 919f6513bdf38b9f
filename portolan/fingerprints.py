"""What a page depends on, as a digest of eight bytes: as long as it stays the same, so do the bytes of the page.

It takes in all that can reach the page and nothing else: the generator, the settings, the texts of its templates, their
messages in its language (``templates.Needs`` tells which), the documents they name, and the registry's entries for its ports by
what they say, not by where they stand. So an edit shows which pages can see it, before any of them is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import chain
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from portolan import index, view
from portolan.blocks import given, registry_for, template_of, values_of
from portolan.entry import PLACES, Entry
from portolan.pages import Block, Page
from portolan.ports import Segment
from portolan.project import Project
from portolan.prose import Prose
from portolan.registry.types import translated
from portolan.settings import Share
from portolan.sitemaps import Sitemap
from portolan.templates import NO_NEEDS
from portolan.verdict import STRIDE

SIZE = 8
_NOT_SAID = (*PLACES, "references")  # fields whose value stands on no page


class _Piece(NamedTuple):
    """What the registry says on a page, in all languages; ``texts`` and ``documents`` are what the language adds."""

    digest: bytes
    texts: tuple[str, ...]
    documents: tuple[str, ...]


class Fingerprints:
    """Of all pages of a project whose language menu holds the locales ``menu``."""

    def __init__(self, project: Project, menu: Iterable[str]) -> None:
        self.project = project
        self._menu = [(tag, project.locales[tag].name, project.locales[tag].direction) for tag in menu]
        self._said = _Said(project)
        self._assets = project.asset_paths
        self.locale = cache(lambda tag: _OfLocale(self, tag))
        self._pieces: dict[int, _Piece] = {}
        self.shared = cache(self._shared)
        self.values = cache(self._values)

    def complete(self) -> None:
        """Have what all segments amount to at hand, from the cache if it has it."""
        project = self.project
        self._pieces = project.cache.made("pieces", project.content, lambda: {s.first: self.piece(s) for s in project.chart.segments})

    def piece(self, segment: Segment) -> _Piece:
        """What a segment amounts to."""
        found = self._pieces.get(segment.first)
        if found is None:
            found = self._pieces[segment.first] = self._piece(segment)
        return found

    def _piece(self, segment: Segment) -> _Piece:
        said = self._said
        parts = [
            *map(said.entry, chain(segment.assignments, segment.uses, segment.abuse)),
            said.entry(segment.blocked) if segment.blocked else b"",
            repr((
                segment.first, segment.last, segment.range.id, segment.articles,
                [(pool.id, pool.kind, pool.parity, pool.current) for pool in segment.pools],
            )).encode(),
        ]  # fmt: skip
        texts = tuple(text for entry in (*segment.uses, *segment.abuse) for _, text in translated(entry))
        return _Piece(digest(parts), texts, view.documents(self.project.chart, segment))

    def _values(self, kind: str, key: object) -> _Piece:
        """What the registry gives to a page outside blocks."""
        values = values_of(self.project, Page(kind, None, key))
        texts = tuple(text for entry in _entries(values) for _, text in translated(entry))
        return _Piece(digest([repr(self._said.plain(values)).encode()]), texts, tuple(given(values)))

    def _shared(self, kind: str, template: str) -> tuple[list[bytes], list[str]]:
        """What all pages of a kind have in common whatever their language, and the registry's texts that they show."""
        project, needs = self.project, self.project.needs.get(template, NO_NEEDS)
        assets = [path for name, path in self._assets.items() if name in needs.literals]
        registry = registry_for(kind, project)
        cited = [self._said.cited(literal) for literal in sorted(needs.literals) if literal in project.chart.references]
        plain = self._said.plain
        settings = msgspec.structs.replace(project.settings, publish_at=Share())  # what it decides is told by menu and locales
        common = (self._menu, assets, cited, sorted(project.chart.common), plain(settings), plain(registry))
        parts = [project.code, *(project.templates[name].encode() for name in needs.templates), repr(common).encode()]
        return parts, [text for entry in _entries(registry) for _, text in translated(entry)]

    def suggested(self, block: Block) -> bytes:
        """What the ports of a block suggest, ``SIZE`` bytes a port."""
        return self.project.suggestions.numbers[block.first * STRIDE : (block.last + 1) * STRIDE].tobytes()

    def sitemap(self, sitemap: Sitemap) -> bytes:
        """The fingerprint of a sitemap."""
        return digest([self.project.code, repr(sitemap).encode()])


class _OfLocale:
    """Of the pages in one language."""

    def __init__(self, whole: Fingerprints, tag: str) -> None:
        self._whole, self._project, self._tag = whole, whole.project, tag
        self._locale = whole.project.locales[tag]
        self._documents = cache(lambda slug: self._document(whole.project.prose[tag][slug]))
        self.common = cache(self._common)
        self._blocks: dict[Block, bytes] = {}

    def _common(self, kind: str, template: str) -> bytes:
        """What all pages of a kind have in common."""
        project, needs = self._project, self._project.needs.get(template, NO_NEEDS)
        parts, texts = self._whole.shared(kind, template)
        words = [self._words(*forms) for forms in sorted(needs.messages)]
        named = [self._documents(slug) for slug in project.prose[self._tag] if needs.document(slug)]
        said = repr((self._tag, self._locale.draft, self._locale.plural_rule, words, list(map(self._words, texts))))
        return digest([*parts, *named, said.encode()])

    @cached_property
    def port(self) -> bytes:
        """What all port pages have in common."""
        return self.common("port", "port.html")

    @cached_property
    def _block(self) -> bytes:
        return digest([self.common("block", template) for template in index.TEMPLATES])

    def ports(self, block: Block) -> bytes:
        """What the page of each port of a block has of its own, ``SIZE`` bytes a port."""
        found = self._blocks.get(block)
        if found is None:
            segments = self._project.chart.within(block.first, block.last)
            own = b"".join(self.segment(segment) * len(segment.within(block.first, block.last)) for segment in segments)
            found = self._blocks[block] = _mixed(own, self._whole.suggested(block))
        return found

    def segment(self, segment: Segment) -> bytes:
        """What the page of each port of a segment has of its own."""
        return self._in_words(self._whole.piece(segment))

    def block(self, block: Block) -> bytes:
        """The fingerprint of a block's index page."""
        return digest([self._block, self.ports(block)])

    def single(self, page: Page) -> bytes:
        """The fingerprint of a page outside blocks."""
        values = self._whole.values(page.kind, page.key)
        documents = [self._documents(slug) for slug in values.documents]
        said = repr((page, list(map(self._words, values.texts))))
        return digest([self.common(page.kind, template_of(page)), values.digest, *documents, said.encode()])

    def _in_words(self, piece: _Piece) -> bytes:
        if not piece.texts and not piece.documents:
            return piece.digest
        words = repr(list(map(self._words, piece.texts))).encode()
        return digest([piece.digest, words, *(self._documents(slug) for slug in piece.documents)])

    def _words(self, *forms: str) -> tuple[object, int]:
        """What a message is in this language, and what it lacks of a translation."""
        return self._locale.message(forms), int(self._locale.gaps(*forms))

    def _document(self, prose: Prose) -> bytes:
        references = self._project.chart.references
        return digest([repr(prose).encode(), *(self._whole._said.reference(references[name]) for name in prose.cited)])


class _Said:
    """What entries of the registry say, and not where they stand; what they cite included."""

    def __init__(self, project: Project) -> None:
        self._references = project.chart.references
        self._known: dict[int, bytes] = {}
        self._cited: dict[Any, bytes] = {}

    def entry(self, entry: Entry) -> bytes:
        """The digest of an entry."""
        found = self._known.get(id(entry))
        if found is None:
            fields = _fields(type(entry))(entry)
            found = digest([repr(fields).encode(), *map(self.cited, getattr(entry, "references", ()))])
            self._known[id(entry)] = found
        return found

    def cited(self, cited: Any) -> bytes:
        """The digest of what an entry cites."""
        if not isinstance(cited, str):
            return self.reference(cited)
        found = self._cited.get(cited)
        if found is None:
            found = self._cited[cited] = self.reference(self._references[cited])
        return found

    def reference(self, reference: Any) -> bytes:
        """The digest of a source as pages tell it; the day it was looked at stands on none."""
        return digest([reference.title.encode(), reference.url.encode(), getattr(reference, "id", "").encode()])

    def plain(self, value: Any) -> Any:
        """Anything that templates get, as plain values whose ``repr`` tells all of it."""
        if isinstance(value, Entry):
            fields = [(name, self.plain(getattr(value, name))) for name in value.__struct_fields__ if name not in _NOT_SAID]
            return *fields, *map(self.cited, getattr(value, "references", ()))
        if isinstance(value, dict):
            return [(key, self.plain(item)) for key, item in value.items()]
        if isinstance(value, SimpleNamespace):
            return self.plain(vars(value))
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        return value


def _mixed(digests: bytes, more: bytes) -> bytes:
    """Digests in a row, each mixed with as many bytes of its own."""
    return (int.from_bytes(digests) ^ int.from_bytes(more)).to_bytes(len(digests))


def digest(parts: Iterable[bytes]) -> bytes:
    """``SIZE`` bytes for the parts in their order."""
    return xxh3_64_digest(b"\0".join(parts))


@cache
def _fields(kind: type[Entry]) -> Any:
    """A quick look at what an entry without entries in it says, its references excepted: there are thousands."""
    return attrgetter(*(name for name in kind.__struct_fields__ if name not in _NOT_SAID))


def _entries(value: Any) -> Iterator[Entry]:
    """The registry's entries in what templates get."""
    if isinstance(value, Entry):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_entries, value.values()))
    elif isinstance(value, SimpleNamespace):
        yield from _entries(vars(value))
    elif isinstance(value, (list, tuple)):
        yield from chain.from_iterable(map(_entries, value))
