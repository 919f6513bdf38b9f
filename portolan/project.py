"""Everything the site is made of."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import msgspec
from jinja2 import Environment

from portolan.cache import Cache
from portolan.locales import Locale
from portolan.outlines import Outlines
from portolan.pages import Block, Page
from portolan.ports import Chart
from portolan.problem import Problem
from portolan.prose import Prose
from portolan.rows import Told, told_by
from portolan.settings import Settings
from portolan.templates import Needs, environment
from portolan.verdict import Suggestions


@dataclass(frozen=True)
class Project:
    """The sources in the form that pages are made from.

    ``sources`` maps every file that was read to the digest of its bytes, the generator's own among them, and ``digest``
    names them all; ``code`` names the generator and its libraries. ``prose`` is by locale and slug, and so is ``documents``: the
    messages of each, its title first. ``warnings`` are what should be mended in the sources, but stops nothing. ``weights`` tells
    on how many port pages a message stands, ``completeness`` how much of them each locale has translated (``completeness``).
    """

    digest: bytes
    code: bytes
    sources: Mapping[str, bytes]
    settings: Settings
    chart: Chart
    suggestions: Suggestions
    locales: Mapping[str, Locale]
    prose: Mapping[str, Mapping[str, Prose]]
    templates: Mapping[str, str]
    compiled: Mapping[str, bytes]
    needs: Mapping[str, Needs]
    assets: Mapping[str, bytes]
    search: bytes
    cache: Cache
    documents: Mapping[str, tuple[str, ...]]
    warnings: tuple[Problem, ...] = ()
    weights: dict[tuple[str, ...], int] = field(default_factory=dict)
    completeness: dict[str, float] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # what is cached is derived

    @cached_property
    def environment(self) -> Environment:
        """The templates, ready to be rendered."""
        return environment(self.templates, self.compiled)

    @cached_property
    def content(self) -> bytes:
        """A digest that names everything that the chart follows from."""
        return content(self.code, self.sources)

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of all ports' pages."""
        return Outlines(self.chart, self.cache, self.content)

    @cached_property
    def told(self) -> Callable[[Block], Told]:
        """What the index pages of blocks tell."""
        return told_by(self.chart)

    @property
    def published(self) -> tuple[str, ...]:
        """The locales that are no drafts: those that the site is built in, and that its pages lead to."""
        return tuple(tag for tag, locale in self.locales.items() if not locale.draft)

    def completeness_of(self, tags: Iterable[str]) -> str:
        """How much of the port pages locales have translated, in words; nothing but all of it is 100 %."""
        shares = {tag: math.floor(100 * self.completeness[tag]) for tag in tags}
        return ", ".join(f"{tag} {share} %{' (draft)' if self.locales[tag].draft else ''}" for tag, share in shares.items())

    @property
    def asset_paths(self) -> dict[str, str]:
        """Where each asset is published: its name with the hash of its bytes."""
        return {name: _hashed(name, data) for name, data in self.assets.items()}

    def published_at(self, base_url: str) -> Project:
        """The same project under another base URL."""
        return replace(self, settings=msgspec.structs.replace(self.settings, base_url=base_url))


def _hashed(name: str, data: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.blake2b(data, digest_size=5).hexdigest()
    return Page("asset", None, f"{stem}.{digest}.{suffix}").path


def content(code: bytes, sources: Mapping[str, bytes]) -> bytes:
    """A digest that names the generator and everything below ``content/``."""
    return named([code.hex(), *(path + digest.hex() for path, digest in sources.items() if path.startswith("content/"))])


def named(parts: Iterable[str]) -> bytes:
    """A digest of 16 bytes that names all the parts, in order."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
