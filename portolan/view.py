"""What the template of a port page sees: one description for stencils and for plain rendering.

``document(chart, facts)`` is a tree. Its leaves are plain values, which a template may branch on, and *printed* leaves
(``Value``, ``Phrase``, ``Own``), which it may only print. The plain part is the port's shape; the printed leaves are
the values of its holes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from sys import intern
from types import SimpleNamespace
from typing import Any, NamedTuple

from markupsafe import escape

from portolan.locales import Locale
from portolan.pages import Block
from portolan.ports import Chart, Facts, Neighbour, Segment, transports
from portolan.registry.references import short_url
from portolan.registry.types import PORTS, Citation, Span, Use
from portolan.verdict import Judge

Tree = dict[str, Any]
WIDE = 1000  # uses that spread over so many ports are told in full on the page of the range, by name on those of the ports
# Uses told in full, fewer where an article or history takes room: pages stay light. The others are names, and their
# sources stand on the page of the block.
_FEW = 2


class Value(NamedTuple):
    """Printed as it is, escaped."""

    text: str


class Phrase(NamedTuple):
    """Printed in the page's language."""

    text: str


class Own(NamedTuple):
    """Printed from the port's number alone; see ``own_values``."""

    name: str


_OWN = {name: Own(name) for name in ("number", "hex", "binary", "block", "block_name", "version")}
_PREVIOUS, _NEXT = Own("previous"), Own("next")


class Slot(str):
    """Where a hole is in a shape: the hole's name."""

    __slots__ = ()


class Fields(NamedTuple):
    """A part of a shape: names, and plain values, slots, tuples or further fields."""

    items: tuple[tuple[str, Hashable], ...]


# All that a template can branch on. Equal shapes have pages that differ in values only.
Shape = Fields


class Outline(NamedTuple):
    """A document taken apart: its shape, and what fills each hole (``Own`` leaves excepted), by the hole's name: escaped UTF-8
    in ``plain``, texts to be translated in ``phrases``."""

    shape: Shape
    plain: dict[str, bytes]
    phrases: dict[str, str]


def document(chart: Chart, judge: Judge, facts: Facts) -> Tree:
    """Everything that a port page shows, as a tree of dicts, tuples and leaves."""
    segment, number = facts.segment, facts.number
    cited = _References(chart, segment)
    specific = [use for use in _specific_first(segment) if len(use.ports) < WIDE]
    told = max(not (segment.articles or segment.abuse), _FEW - 2 * len(segment.articles) - 2 * len(segment.abuse))
    crowded = len(specific) > told
    verdict = judge.verdict(segment)
    practice = differs(segment)
    met = [use.name for use in specific if use.kind != "range"]
    known = [*met, *segment.names] if practice else [*segment.names, *met]
    # in the order in which the page cites them
    services = tuple(_service(cited, a) for a in segment.services)
    states = tuple(_state(cited, a) for a in segment.states)
    uses = tuple(_use(cited, use, crowded) for use in specific[:told])
    return {
        **_OWN,
        "previous": _PREVIOUS if number > 0 else None,
        "next": _NEXT if number < PORTS - 1 else None,
        "range": segment.range.id,
        "zero": number == 0,
        "status": segment.status,
        "half": facts.pool_half,
        "names": tuple(Value(name) for name in segment.names),
        "named": tuple(Value(name or "") for name in segment.names[:3] or [a.title for a in segment.services]),
        "known": tuple(Value(name) for name in known[:2]),
        "practice": tuple(Value(name) for name in met[:3]) if practice or not segment.names else (),
        "transports": transports(segment.services),
        "services": services,
        "states": states,
        "held_by": tuple([pool.id for pool in segment.pools]),
        "uses": uses,
        "more": tuple(Value(use.name) for use in specific[told:]),
        "wide": tuple(Value(use.name) for use in _specific_first(segment) if len(use.ports) >= WIDE),
        "first": uses[0]["references"] if uses and specific[0].kind != "range" else (),
        "abuse": tuple(_abuse(cited, abuse) for abuse in segment.abuse),
        "blocked": segment.blocked is not None,
        "blocked_since": Value(segment.blocked.since) if segment.blocked and segment.blocked.since else None,
        "articles": segment.articles,
        "below": _neighbour(segment.below),
        "above": _neighbour(segment.above),
        "verdict": {
            "level": verdict.level,
            "reasons": verdict.reasons,
            "better": tuple(Value(str(port)) for port in verdict.better),
        },
    }


def outline(tree: Tree) -> Outline:
    """The document's shape and leaves."""
    found = Outline(Fields(()), {}, {})
    return found._replace(shape=_freeze_fields(tree, "", found))


def values(outline: Outline, locale: Locale) -> dict[str, bytes]:
    """What fills each hole in a locale, escaped; a new dictionary."""
    return outline.plain | {name: locale.phrase(text).encode() for name, text in outline.phrases.items()}


def own_values(number: int) -> dict[str, str]:
    """The text of every ``Own`` leaf; digits, letters and dashes only, so there is nothing to escape."""
    return {
        "number": str(number),
        "hex": f"0x{number:04X}",
        "binary": f"{number:016b}",
        "block": str(Block.of(number)),
        "block_name": f"{Block.of(number).first}–{Block.of(number).last}",
        "previous": str(number - 1),
        "next": str(number + 1),
    }


OWN = (*_OWN, "previous", "next")  # their names


def own(port: Any) -> SimpleNamespace:
    """What a port's page shows of the number alone, of a tree that ``thaw`` made."""
    return SimpleNamespace(**{name: getattr(port, name) for name in _OWN})


def thaw(shape: Shape, print_as: Callable[[str], object]) -> Any:
    """The tree that a template gets: namespaces and tuples, with ``print_as(name)`` in the place of each hole."""
    return _thaw(shape, print_as)


_PLAIN = frozenset({str, bool, int, type(None)})


def _freeze_fields(tree: Tree, prefix: str, found: Outline) -> Fields:
    return Fields(tuple([(key, item if type(item) in _PLAIN else _freeze(item, prefix + key, found)) for key, item in tree.items()]))


def _freeze(value: Any, name: str, found: Outline) -> Hashable:
    kind = type(value)
    if kind is Value:
        found.plain[intern(name)] = escape(value.text).encode()
        return Slot(name)
    if kind is Phrase:
        found.phrases[intern(name)] = value.text
        return Slot(name)
    if kind is Own:
        return Slot(value.name)
    if kind is dict:
        return _freeze_fields(value, f"{name}.", found)
    if kind is tuple:
        return tuple([item if type(item) in _PLAIN else _freeze(item, f"{name}.{at}", found) for at, item in enumerate(value)])
    return value  # type: ignore[no-any-return]


def _thaw(value: Any, print_as: Callable[[str], object]) -> Any:
    if isinstance(value, Fields):
        return SimpleNamespace(**{key: _thaw(item, print_as) for key, item in value.items})
    if isinstance(value, Slot):
        return print_as(value)
    if isinstance(value, tuple):
        return tuple(_thaw(item, print_as) for item in value)
    return value


class _References:
    """A port's citable sources. One that the prose cites too keeps its id; others are told apart by position only, so
    that ports whose entries have *a* reference share a shape whichever it is."""

    def __init__(self, chart: Chart, segment: Segment) -> None:
        self.chart = chart
        self.told = frozenset[str]().union(*(chart.cited_by[slug] for slug in segment.articles))
        self.found: list[str] = []

    def __call__(self, cited: tuple[str | Citation, ...]) -> tuple[Tree, ...]:
        return tuple(self._one(reference) for reference in cited)

    def _one(self, cited: str | Citation) -> Tree:
        reference = self.chart.references[cited]
        if isinstance(cited, str) and (cited in self.chart.common or cited in self.told):
            return {"key": cited, "title": reference.title, "url": short_url(reference.url)}
        if reference.url not in self.found:
            self.found.append(reference.url)
        return {"key": self.found.index(reference.url), "title": Value(reference.title), "url": Value(short_url(reference.url))}


def _service(cited: _References, assignment: Any) -> Tree:
    return {
        "name": Value(assignment.name) if assignment.name else None,
        "title": Value(assignment.title) if assignment.title else None,
        "transports": _over(assignment.transports),
        "ports": _span(assignment.ports),
        "date": Value(assignment.date) if assignment.date else None,
        "unauthorized": Value(assignment.unauthorized) if assignment.unauthorized else None,
        "references": cited(assignment.references),
    }


def _state(cited: _References, assignment: Any) -> Tree:
    return {
        "status": assignment.status,
        "transports": _over(assignment.transports),
        "ports": _span(assignment.ports),
        "title": Value(assignment.title) if assignment.title else None,
        "unauthorized": Value(assignment.unauthorized) if assignment.unauthorized else None,
        "references": cited(assignment.references),
    }


def _use(cited: _References, use: Any, crowded: bool) -> Tree:
    return {
        "name": Value(use.name),
        "evidence": use.evidence,
        "transports": _over(use.transports),
        "ports": _span(use.ports),
        "description": Phrase(use.description),
        "references": cited(use.references[:1] if crowded else use.references),
    }


def _abuse(cited: _References, abuse: Any) -> Tree:
    return {
        "name": Value(abuse.name),
        "year": Value(str(abuse.year)),
        "transports": _over(abuse.transports),
        "references": cited(abuse.references[:1]),
    }


def _specific_first(segment: Segment) -> Iterator[Any]:
    """Uses of this very port before those of wide spans, what its article is about before others, strong evidence before weak."""

    def key(use: Use) -> tuple[Any, ...]:
        told = any(word in use.name.casefold() for slug in segment.articles for word in slug.rpartition("/")[2].split("-"))
        return len(use.ports), not told, _GRADES.index(use.evidence), use.path, use.line

    return iter(sorted(segment.uses, key=key))


def differs(segment: Segment) -> bool:
    """Whether what is met in practice is something other than what IANA has on record."""
    record = {word for a in segment.services for word in _words(f"{a.name or ''} {a.title or ''}")}
    met = [use for use in segment.uses if use.kind != "range" and len(use.ports) < 100]
    return bool(record) and bool(met) and not any(record & set(_words(" ".join((use.name, *use.aliases)))) for use in met)


def _words(text: str) -> Iterator[str]:
    plain = "".join(c if c.isalnum() else " " for c in text.casefold())
    return (word for word in plain.split() if len(word) > 2 and word not in _NOISE)


_GRADES = ("standard", "vendor", "source", "community", "scanner")
_NOISE = frozenset({"server", "service", "port", "protocol", "the", "and", "for", "client", "control", "data", "system", "manager", "over", "web"})


def _over(names: tuple[str, ...]) -> Value | None:
    return Value("/".join(names).upper()) if names else None


def _span(span: Span) -> Value | None:
    return Value(str(span).replace("-", "–")) if len(span) > 1 else None


def _neighbour(neighbour: Neighbour | None) -> Tree | None:
    return {"number": Value(str(neighbour.number)), "name": Value(neighbour.name)} if neighbour else None
