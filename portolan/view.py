"""What the template of a port page sees: one description for stencils and for plain rendering.

``document(chart, facts)`` is a tree. Its leaves are plain values, which a template may branch on, and *printed* leaves
(``Value``, ``Phrase``, ``Attribute``, ``Own``), which it may only print. The plain part is the port's shape; the printed leaves are
the values of its holes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from sys import intern
from types import SimpleNamespace
from typing import Any, NamedTuple

from markupsafe import escape

from portolan.answer import Answer, answer, hunted, lent, situations
from portolan.locales import Locale
from portolan.pages import Block
from portolan.ports import Chart, Facts, Segment, transports
from portolan.registry.references import short_url
from portolan.registry.types import PORTS, Abuse, Citation, Span, Use
from portolan.verdict import squatted, verdict

Tree = dict[str, Any]
# The fields of a port's page that hold slugs of documents: a page may show these documents besides those its template names.
DOCUMENTS = ("articles", "seen", "stance", "verdict")
_TOLD = 5  # uses told before the others are folded
_CROWD = 4  # so many uses are told with one source each
_WIDE = 3  # so many products that take a range are named; the page of the range has all


class Value(NamedTuple):
    """Printed as it is, escaped."""

    text: str


class Phrase(NamedTuple):
    """Printed in the page's language."""

    text: str


class Attribute(NamedTuple):
    """Printed in the page's language where no markup may stand."""

    text: str


class Own(NamedTuple):
    """Printed from the port's number alone; see ``own_values``."""

    name: str


_OWN = {name: Own(name) for name in ("number", "hex", "block", "block_name", "version", "free_1", "free_2", "free_3")}
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
    in ``plain``, texts to be translated in ``phrases``, and in ``attributes`` those that stand where no markup may."""

    shape: Shape
    plain: dict[str, bytes]
    phrases: dict[str, str]
    attributes: dict[str, str]

    @property
    def names(self) -> set[str]:
        """The holes that they fill."""
        return {*self.plain, *self.phrases, *self.attributes}


def document(chart: Chart, facts: Facts) -> Tree:
    """Everything that a port page shows, as a tree of dicts, tuples and leaves."""
    segment, number = facts.segment, facts.number
    cited = _References(chart, segment)
    found = answer(segment, chart.said(segment))
    judged = verdict(segment)
    # in the order in which the page cites them
    answers = tuple(_answer(cited, use) for use in found.usual) if found.lead == "uses" else ()
    hunters = tuple(_hunter(cited, abuse) for abuse in hunted(segment))
    sources = 2 if len(found.uses) < _CROWD else 1
    uses = tuple(_use(cited, use, sources, use in found.usual and found.lead == "uses") for use in found.uses)
    services = tuple(_service(cited, a, segment) for a in segment.services)
    states = tuple(_state(cited, a, segment) for a in segment.states)
    return {
        **_OWN,
        "previous": _PREVIOUS if number > 0 else None,
        "next": _NEXT if number < PORTS - 1 else None,
        "range": segment.range.id,
        "zero": number == 0,
        "status": segment.status,
        "half": facts.pool_half,
        "lead": found.lead,
        "lent": lent(segment),
        "names": _names(found, segment),
        "answers": answers,
        "others": tuple(Value(use.name) for use in found.uses[len(found.usual) :][:3]) if found.lead == "uses" else (),
        "record": tuple(Value(name) for name in segment.names[:3]),
        "transports": transports(segment.services),
        "udp": _is_udp(found, segment),
        "stance": f"stance/{found.stance}",
        "reach": found.reach,
        "seen": situations(found.kind, chart.cited_by),
        "programs": _programs(found),
        "off": tuple(_off(cited, use) for use in found.uses if use.off)[:3],
        "hunters": hunters,
        "uses": uses[:_TOLD],
        "more": uses[_TOLD:],
        "wide": tuple(Value(use.name) for use in found.wide[:_WIDE]),
        "services": services,
        "states": states,
        "held_by": tuple([pool.id for pool in segment.pools]),
        "abuse": tuple(_abuse(cited, abuse) for abuse in segment.abuse),
        "ongoing": any(abuse.ongoing for abuse in segment.abuse),
        "blocked": segment.blocked is not None,
        "blocked_since": Value(segment.blocked.since) if segment.blocked and segment.blocked.since else None,
        "articles": segment.articles,
        "level": judged.level,
        "verdict": f"verdict/{judged.reason}",
    }


def documents(chart: Chart, segment: Segment) -> tuple[str, ...]:
    """The documents that the pages of a segment show because of what the segment is: what ``DOCUMENTS`` name of them."""
    found = answer(segment, chart.said(segment))
    judged = verdict(segment)
    return *segment.articles, *situations(found.kind, chart.cited_by), f"stance/{found.stance}", f"verdict/{judged.reason}"


def named(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents that fields of a port's page name."""
    found = [values[name] for name in DOCUMENTS if name in values]
    return tuple(slug for value in found for slug in ((value,) if isinstance(value, str) else value))


def outline(tree: Tree) -> Outline:
    """The document's shape and leaves."""
    found = Outline(Fields(()), {}, {}, {})
    return found._replace(shape=_freeze_fields(tree, "", found))


def values(outline: Outline, locale: Locale) -> dict[str, bytes]:
    """What fills each hole in a locale, escaped; a new dictionary."""
    phrases = {name: locale.phrase(text).encode() for name, text in outline.phrases.items()}
    return outline.plain | phrases | {name: locale.attribute(text).encode() for name, text in outline.attributes.items()}


def own_values(number: int, free: Iterable[int]) -> dict[str, str]:
    """The text of every ``Own`` leaf; digits, letters and dashes only, so there is nothing to escape. ``free`` are the ports that
    the page suggests."""
    return {
        "number": str(number),
        "hex": f"0x{number:04X}",
        "previous": str(number - 1),
        "next": str(number + 1),
        **block_values(Block.of(number)),
        **{f"free_{at}": str(other) for at, other in enumerate(free, 1)},
    }


def block_values(block: Block) -> dict[str, str]:
    """Those of them that all ports of a block share."""
    return {"block": str(block), "block_name": f"{block.first}–{block.last}"}


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
    if kind is Attribute:
        found.attributes[intern(name)] = value.text
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


def _names(found: Answer, segment: Segment) -> tuple[Value, ...]:
    """What the port is called, each name once: by those who use it, or else by IANA."""
    if found.lead == "registered":
        titles = [a.title or a.name or "" for a in segment.services]
        return tuple(Value(name) for name in _distinct(titles)[:2])
    met = [use.name for use in found.usual] or [abuse.name for abuse in segment.abuse]
    return tuple(Value(name) for name in _distinct(met)[:3])


def _is_udp(found: Answer, segment: Segment) -> bool:
    """Whether the port is met over UDP alone, as far as we know: its sample lines are those of UDP then."""
    met = {transport for entry in found.usual or segment.services for transport in entry.transports or ("tcp",)}
    return met == {"udp"}


def _distinct(names: Iterable[str]) -> list[str]:
    """Names without those that say the same as one before, as epmd and EPMD do."""
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault("".join(c for c in name.casefold() if c.isalnum()), name)
    return list(kept.values())


def _programs(found: Answer) -> Value | None:
    """Process names of the likely uses."""
    names = dict.fromkeys(program for use in found.usual for program in use.programs)
    return Value(", ".join([*names][:6])) if names else None


def _answer(cited: _References, use: Use) -> Tree:
    return {"description": Phrase(use.description), "plain": Attribute(use.description), "references": cited(use.references[:2])}


def _off(cited: _References, use: Use) -> Tree:
    return {"name": Value(use.name), "text": Phrase(use.off or ""), "references": cited(use.references[:1])}


def _hunter(cited: _References, abuse: Abuse) -> Tree:
    return {"text": Phrase(abuse.looks_for or ""), "references": cited(abuse.references[:1])}


def _service(cited: _References, assignment: Any, segment: Segment) -> Tree:
    return {
        "name": Value(assignment.name) if assignment.name else None,
        "title": Value(assignment.title) if assignment.title and assignment.title != assignment.name else None,
        "transports": _over(assignment.transports),
        "ports": _span(assignment.ports),
        "date": Value(assignment.date[:4]) if assignment.date else None,
        "unauthorized": _note(assignment, segment),
        "references": cited(assignment.references),
    }


def _state(cited: _References, assignment: Any, segment: Segment) -> Tree:
    titles = dict.fromkeys(filter(None, (assignment.name, assignment.title)))
    return {
        "status": "unassigned" if assignment.status == "used" else assignment.status,
        "transports": _over(assignment.transports),
        "title": Value(": ".join(titles)) if titles else None,
        "unauthorized": _note(assignment, segment),
        "references": cited(assignment.references),
    }


def _note(assignment: Any, segment: Segment) -> Value | None:
    """IANA's note of unauthorized use, on the pages of the ports that it is about."""
    return Value(assignment.unauthorized) if squatted(assignment, segment) else None


def _use(cited: _References, use: Use, sources: int, answered: bool) -> Tree:
    """``answered``: the description stands in the answer already, and no sentence stands on a page twice."""
    return {
        "name": Value(use.name),
        "transports": _over(use.transports),
        "ports": _span(use.ports),
        "description": None if answered else Phrase(use.description),
        "programs": Value(", ".join(use.programs)) if use.programs else None,
        "references": cited(use.references[:sources]),
    }


def _abuse(cited: _References, abuse: Any) -> Tree:
    return {
        "name": Value(abuse.name),
        "year": Value(str(abuse.year)),
        "transports": _over(abuse.transports),
        "references": cited(abuse.references[:1]),
    }


def _over(names: tuple[str, ...]) -> Value | None:
    return Value("/".join(names).upper()) if names else None


def _span(span: Span) -> Value | None:
    return Value(str(span).replace("-", "–")) if len(span) > 1 else None
