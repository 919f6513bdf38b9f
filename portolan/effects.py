"""What a new state of IANA's registry means for the site: which of our own words about ports to
look at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from portolan.documents import Document, load_documents
from portolan.problem import Problem, errors
from portolan.reading import chart_of
from portolan.registry.imports import ASSIGNMENTS, moved
from portolan.registry.load import load_registry
from portolan.registry.types import Assignment, Registry, Span
from portolan.verdict import Suggestions, free_ports

_WIDE = 1_000  # products that take one of so many ports aren't about a single one
_TOLD = 50  # lines of a kind
_CHANGED = "IANA's record of {} says something else now"


def effects(root: Path, before: Sequence[Assignment], after: Sequence[Assignment]) -> Iterator[str]:
    """A line for each port that pages recommend as free and that no longer is, and for each use,
    case of abuse and article on a port whose record says something else now."""
    problems: list[Problem] = []
    registry = load_registry(root, problems)
    documents = load_documents(root, problems)
    if any(problem.path != ASSIGNMENTS for problem in errors(problems)):
        yield "What that means for the pages can be told when `build.py check` finds nothing else."
        return
    yield from _some([*_taken(registry, documents, before, after)])
    spans = sorted({entry.ports for entry in moved(before, after)})
    yield from _some([*_on_changed_ports(registry, documents, spans)])


def _some(lines: list[str]) -> Iterator[str]:
    yield from lines[:_TOLD]
    if len(lines) > _TOLD:
        yield f"… and {len(lines) - _TOLD:,} more like these."


def _taken(
    registry: Registry,
    documents: Mapping[str, Document],
    before: Sequence[Assignment],
    after: Sequence[Assignment],
) -> Iterator[str]:
    """The ports that were free and aren't, with the number of pages that recommend them."""
    old, new = (
        chart_of(msgspec.structs.replace(registry, assignments=tuple(state)), documents)
        for state in (before, after)
    )
    was, still = free_ports(old.segments), free_ports(new.segments)
    recommended = Counter(Suggestions(was).numbers) if was != still else Counter()
    for port in range(1, len(was)):
        if was[port] and not still[port]:
            segment = new.facts(port).segment
            pages = _recommending(recommended[port])
            names = f" ({', '.join(segment.names)})" if segment.names else ""
            yield f"{port}{pages} is now {segment.status or 'taken'}{names}"


def _on_changed_ports(
    registry: Registry, documents: Mapping[str, Document], spans: Sequence[Span]
) -> Iterator[str]:
    entries: tuple[Any, ...] = (*registry.uses, *registry.abuse)
    for entry in entries:
        if len(entry.ports) < _WIDE and (found := _within(entry.ports, spans)):
            yield f"{entry.origin}: {entry.ports} {entry.name}: {_CHANGED.format(found)}"
    for document in documents.values():
        for ports in document.front.ports:
            if found := _within(ports, spans):
                yield f"{document.path}:1: {document.front.title}: {_CHANGED.format(found)}"


def _within(ports: Span, spans: Sequence[Span]) -> Span | None:
    return next((span for span in spans if span.overlaps(ports) and len(span) < _WIDE), None)


def _recommending(pages: int) -> str:
    if pages < 2:
        return ", which 1 page recommends as free," if pages else ""
    return f", which {pages:,} pages recommend as free,"
