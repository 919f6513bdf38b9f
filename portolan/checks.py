"""Every rule that looks beyond one field, each a generator of problems; its docstring is the rule."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from typing import Any

from portolan.documents import Document
from portolan.entry import Entry
from portolan.links import targets
from portolan.locales import Catalog
from portolan.messages import CITATION, placeholders
from portolan.problem import Problem
from portolan.registry.references import References
from portolan.registry.types import PORTS, Pool, Registry, System
from portolan.settings import Settings

# Placeholders that the page of a port fills into its answer; all others are constants of the registry.
PAGE_VALUES = frozenset({"names", "port", "transports"})
COMMAND_VALUES = frozenset({"port"})
_KNOWN = "must be an id in content/registry/references, an RFC or a draft"


def sources(
    settings: Settings | None, registry: Registry, documents: Mapping[str, Document], catalogs: Mapping[str, Catalog], broken: Set[str]
) -> list[Problem]:
    """All rules that need no more than the sources. What is missing because its file is ``broken`` is not told again."""
    return [
        *(default_locale(settings, catalogs) if whole("locales/", broken) else ()),
        *ids(registry),
        *(coverage(registry) if whole("content/registry/ranges", broken) else ()),
        *overlaps(registry),
        *(known_references(registry, documents) if whole("content/registry/references", broken) else ()),
        *commands(registry),
        *articles(documents),
        *links(documents),
    ]


def whole(prefix: str, broken: Set[str]) -> bool:
    """Whether no file under ``prefix`` is broken: only then can be said what is not in it."""
    return not any(path.startswith(prefix) for path in broken)


def default_locale(settings: Settings | None, catalogs: Mapping[str, Catalog]) -> Iterator[Problem]:
    """The default locale must be one that exists."""
    if settings and catalogs and settings.default_locale not in catalogs:
        line = settings.line
        yield Problem(settings.path, line, "locale", f"default_locale: must be one of {', '.join(catalogs)}, not {settings.default_locale}")


def ids(registry: Registry) -> Iterator[Problem]:
    """An id must be given once among the entries of its kind."""
    commands = [command for system in registry.systems for command in system.commands]
    kinds: tuple[tuple[Any, ...], ...] = (registry.ranges, registry.pools, registry.systems, registry.references, tuple(commands))
    for entries in kinds:
        first: dict[str, Entry] = {}
        for entry in entries:
            if entry.id in first:
                yield Problem(entry.path, entry.line, "duplicate", f"id: {entry.id} must be given once; it is also at {first[entry.id].origin}")
            first.setdefault(entry.id, entry)


def coverage(registry: Registry) -> Iterator[Problem]:
    """The ranges together must cover every port from 0 to 65535."""
    expected = 0
    for entry in registry.ranges:
        if entry.ports.first > expected:
            yield Problem(entry.path, entry.line, "gap", f"ports: must leave no gap after {expected - 1}, but begins at {entry.ports.first}")
        expected = max(expected, entry.ports.last + 1)
    if registry.ranges and expected < PORTS:
        last = registry.ranges[-1]
        yield Problem(last.path, last.line, "gap", f"ports: the ranges must reach {PORTS - 1}, but end at {expected - 1}")


def overlaps(registry: Registry) -> Iterator[Problem]:
    """Ranges must not overlap, nor records that give one port and transport different states; nothing may be entered twice."""
    yield from _collisions(("", e) for e in registry.ranges)
    yield from _collisions(("", e) for e in registry.blocked)
    yield from _repeats((e.url, e) for e in registry.references)
    yield from _repeats((f"{e.ports} {e.name}", e) for e in registry.uses)
    yield from _repeats((f"{e.ports} {e.name}", e) for e in registry.abuse)
    records = [(transport, e) for e in registry.assignments for transport in e.transports or ("any",)]
    yield from _repeats((f"{e.ports}/{transport} {e.name or e.status}", e) for transport, e in records)
    yield from _collisions((transport, e) for transport, e in records if e.status != "assigned")


def _collisions(entries: Iterable[tuple[str, Any]]) -> Iterator[Problem]:
    """Entries of one group that overlap and do not say the same (``status``, where the kind has one)."""
    reach: dict[str, Any] = {}
    for group, entry in sorted(entries, key=lambda e: (e[0], e[1].ports, e[1].line)):
        before = reach.get(group)
        same = before is not None and getattr(before, "status", 0) == getattr(entry, "status", 1)
        if before is not None and not same and before.ports.overlaps(entry.ports):
            yield Problem(entry.path, entry.line, "overlap", f"ports: {entry.ports} must not overlap {before.ports} at {before.origin}")
        if before is None or before.ports.last < entry.ports.last:
            reach[group] = entry


def _repeats(entries: Iterable[tuple[str, Any]]) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for key, entry in entries:
        if key in first:
            yield Problem(entry.path, entry.line, "duplicate", f"{key}: must be entered once; it is also at {first[key].origin}")
        first.setdefault(key, entry)


def known_references(registry: Registry, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """What is cited must be a reference of the registry, an RFC or an Internet-Draft."""
    references = References(registry.references)
    for entry in _citing(registry):
        for cited in entry.references:
            if cited not in references:
                yield Problem(entry.path, entry.line, "reference", f"references: {cited} {_KNOWN}")
    for document in documents.values():
        for block in document.blocks:
            for id in CITATION.findall(block.text) if block.message else ():
                if id not in references:
                    yield Problem(document.path, block.line, "reference", f"[^{id}] {_KNOWN}")


def _citing(registry: Registry) -> Iterator[Any]:
    for kind in (registry.ranges, registry.assignments, registry.pools, registry.uses, registry.abuse, registry.blocked):
        yield from kind
    for system in registry.systems:
        yield from system.commands


def commands(registry: Registry) -> Iterator[Problem]:
    """A command must use no placeholder but {port}."""
    owners: tuple[Pool | System, ...] = (*registry.systems, *registry.pools)
    for owner in owners:
        for entry in owner.commands if isinstance(owner, System) else (*owner.read, *owner.change):
            texts = (entry.command, getattr(entry, "undo", None) or "", getattr(entry, "answer", None) or "")
            for name in {name for text in texts for name in placeholders(text)} - COMMAND_VALUES:
                yield Problem(entry.path, entry.line, "placeholder", f"{{{name}}} must be one of {{port}}")


def articles(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """An article must name its ports, and nothing else may."""
    for document in documents.values():
        if document.is_article != bool(document.front.ports):
            yield Problem(document.path, document.front.line, "article", "ports: must be given in content/articles, and only there")


def links(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """A link must be https, mailto or relative to the page, and an image one of the site's own."""
    for document in documents.values():
        for block in document.blocks:
            for target in targets(block.text) if block.message else ():
                if target.is_forbidden:
                    wanted = "an image must be one of the site's own" if target.image else "a link must be https:, mailto: or relative"
                    yield Problem(document.path, block.line, "link", f"{wanted}, not {target.address}")


def citations(document: Document) -> Iterator[str]:
    """The ids that a document cites."""
    for block in document.blocks:
        if block.message:
            yield from CITATION.findall(block.text)


def prose_placeholders(constants: Container[str], documents: Mapping[str, Document]) -> Iterator[Problem]:
    """A placeholder of prose must be a constant of the registry or, in an answer, a value that the page of a port gives."""
    for document in documents.values():
        values = PAGE_VALUES if document.slug.startswith(("answer/", "verdict/")) else frozenset()
        allowed = f"must be a constant of the registry{' or one of ' if values else ''}{', '.join(sorted(values))}"
        for block in document.blocks:
            for name in placeholders(block.text) if block.message else ():
                if name not in constants and name not in values:
                    yield Problem(document.path, block.line, "placeholder", f"{{{name}}} {allowed}")
