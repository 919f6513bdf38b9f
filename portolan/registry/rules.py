"""Every rule of the registry that looks beyond one field, each a generator of problems; its
docstring is the rule.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from portolan.entry import Entry
from portolan.problem import Problem
from portolan.registry.types import (
    TRANSPORTS,
    Assignment,
    Citation,
    Registry,
    Span,
    all_entries,
    translated_fields,
)

DYNAMIC = 49_152
RANGES = {
    "system": Span(0, 1023),
    "user": Span(1024, DYNAMIC - 1),
    "dynamic": Span(DYNAMIC, 65_535),
}
_RFC_6335 = "RFC 6335, section 6"
# What a field shows as it stands, although it means something in prose. Texts that are translated
# may hold code.
_CODE = re.compile(r"`[^`]+`")
_MARKUP = re.compile(
    r"\{[a-z][a-z0-9._-]*\}|\[\^[^\]\s]+\]|`|\*\*[^*]+\*\*|</?[A-Za-z][^<>]*>|&#?\w{2,};|\]\("
)
_PLAIN = ("name", "title", "aliases", "programs")


def registry_problems(registry: Registry, ranges: bool = True) -> list[Problem]:
    """Everything that is wrong with the entries taken together; ``ranges`` says whether all ranges
    could be read.
    """
    return [
        *ids(registry),
        *(exact_ranges(registry) if ranges else ()),
        *record_problems(registry),
        *markup(registry),
        *order(registry),
    ]


def record_problems(registry: Registry) -> list[Problem]:
    """What is wrong with the assignments, and whatever else must be there once."""
    return [
        *assignments(registry),
        *contradictions(registry),
        *overlaps(registry),
        *repeats(registry),
    ]


def ids(registry: Registry) -> Iterator[Problem]:
    """An id must be given once among the entries of its kind."""
    commands = [command for system in registry.systems for command in system.commands]
    kinds: tuple[Iterable[Any], ...] = (
        registry.ranges,
        registry.pools,
        registry.systems,
        registry.references,
        commands,
    )
    for entries in kinds:
        first: dict[str, Entry] = {}
        for entry in entries:
            if entry.id in first:
                there = f"it is also at {first[entry.id].origin}"
                message = f"id: {entry.id} must be given once; {there}"
                yield Problem(entry.path, entry.line_of("id"), "duplicate", message)
            first.setdefault(entry.id, entry)


def exact_ranges(registry: Registry) -> Iterator[Problem]:
    """The three ranges must have the ports that RFC 6335 gives them."""
    for entry in registry.ranges:
        if entry.ports != RANGES[entry.id]:
            message = (
                f"ports: {entry.id} must be {RANGES[entry.id]} ({_RFC_6335}), not {entry.ports}"
            )
            yield Problem(entry.path, entry.line_of("ports"), "range", message)
    missing = [id for id in RANGES if id not in {entry.id for entry in registry.ranges}]
    if registry.ranges and missing:
        last = max(registry.ranges, key=lambda entry: entry.line)
        yield Problem(
            last.path,
            last.line,
            "range",
            f"must be followed by the missing ranges: {', '.join(missing)}",
        )


def assignments(registry: Registry) -> Iterator[Problem]:
    """A record must give its port to something with a name or a title, or say that it is nobody's;
    no dynamic port is given away.
    """
    for entry in registry.assignments:
        named = entry.name or (entry.title if entry.status == "assigned" else None)
        if entry.status in ("assigned", "used") and not named:
            yield Problem(
                entry.path,
                entry.line,
                "assignment",
                "name: must be given, for what the port is assigned to; or a status",
            )
        elif entry.status not in ("assigned", "used") and entry.name:
            message = f"name: must not be given for a port that is {entry.status}"
            hint = "known by a name are those assigned and used"
            yield Problem(entry.path, entry.line_of("name"), "assignment", f"{message}; {hint}")
        if entry.ports.last >= DYNAMIC:
            reason = f"for dynamic ports are never assigned ({_RFC_6335})"
            message = f"ports: must lie below {DYNAMIC}, {reason}, not {entry.ports}"
            yield Problem(entry.path, entry.line_of("ports"), "assignment", message)


def contradictions(registry: Registry) -> Iterator[Problem]:
    """A port and transport must not be assigned and nobody's at once; a sweeping "unassigned" row
    yields to single ports.
    """
    assigned: dict[tuple[str, int], Assignment] = {}
    for entry in registry.assignments:
        if entry.status == "assigned":
            assigned |= dict.fromkeys(_places(entry), entry)
    for entry in registry.assignments:
        if entry.status not in ("assigned", "used"):
            found = next(
                (
                    assigned[place]
                    for place in _places(entry)
                    if _denied(entry, assigned.get(place))
                ),
                None,
            )
            if found:
                owner = f"{found.name or found.title} has it at {found.origin}"
                message = f"status: {entry.ports} must not be {entry.status}: {owner}"
                yield Problem(entry.path, entry.line_of("status"), "contradiction", message)


def _places(entry: Assignment) -> Iterator[tuple[str, int]]:
    for transport in entry.transports or TRANSPORTS:
        for port in range(entry.ports.first, entry.ports.last + 1):
            yield transport, port


def _denied(state: Assignment, other: Assignment | None) -> bool:
    if other is None:
        return False
    sweeping = (
        state.status == "unassigned"
        and not state.transports
        and len(state.ports) > len(other.ports)
    )
    return not sweeping


def overlaps(registry: Registry) -> Iterator[Problem]:
    """What browsers block must be entered once, and records that give a port to nobody must agree
    why.
    """
    yield from _collisions(("", entry) for entry in registry.blocked)
    nobodys = [entry for entry in registry.assignments if entry.status not in ("assigned", "used")]
    yield from _collisions(
        (transport, entry) for entry in nobodys for transport in entry.transports or ("any",)
    )


def _collisions(entries: Iterable[tuple[str, Any]]) -> Iterator[Problem]:
    """Entries of one group that overlap and do not say the same (``status``, where the kind has
    one).
    """
    reach: dict[str, Any] = {}
    for group, entry in sorted(entries, key=lambda e: (e[0], e[1].ports, e[1].line)):
        before = reach.get(group)
        same = before is not None and getattr(before, "status", 0) == getattr(entry, "status", 1)
        if before is not None and not same and before.ports.overlaps(entry.ports):
            message = f"ports: {entry.ports} must not overlap {before.ports} at {before.origin}"
            yield Problem(entry.path, entry.line_of("ports"), "overlap", message)
        if before is None or before.ports.last < entry.ports.last:
            reach[group] = entry


def repeats(registry: Registry) -> Iterator[Problem]:
    """Nothing may be entered twice."""
    yield from _repeats((e.url, e) for e in registry.references)
    yield from _repeats((f"{e.ports} {e.name}", e) for e in registry.uses)
    yield from _repeats((f"{e.ports} {e.name}", e) for e in registry.abuse)
    for entry in all_entries(registry):
        cited = (each for each in getattr(entry, "references", ()) if isinstance(each, Citation))
        yield from _repeats((each.url, each) for each in cited)
    records = [
        (transport, e) for e in registry.assignments for transport in e.transports or ("any",)
    ]
    yield from _repeats(
        (f"{e.ports}/{transport} {e.name or e.status}", e) for transport, e in records
    )


def _repeats(entries: Iterable[tuple[str, Any]]) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for key, entry in entries:
        if key in first:
            message = f"{key}: must be entered once; it is also at {first[key].origin}"
            yield Problem(entry.path, entry.line, "duplicate", message)
        first.setdefault(key, entry)


def markup(registry: Registry) -> Iterator[Problem]:
    """Text must hold no markup but code between backquotes, and names not even that.

    It is shown as it stands. IANA's own words are left as they are.
    """
    for entry in all_entries(registry):
        if not isinstance(entry, Assignment):
            yield from marked(entry)


def marked(entry: Entry) -> Iterator[Problem]:
    """Names, titles and translated texts of an entry that hold markup."""
    translated = translated_fields(type(entry))
    for field in dict.fromkeys((*_PLAIN, *translated)):
        value = getattr(entry, field, None) or ()
        for text in (value,) if isinstance(value, str) else value:
            if found := _MARKUP.search(_CODE.sub("", text) if field in translated else text):
                message = (
                    f"{field}: must hold no markup, for it is shown as it stands, not {found[0]}"
                )
                yield Problem(entry.path, entry.line_of(field), "markup", message)


def order(registry: Registry) -> Iterator[Problem]:
    """The entries of a file should stand in the order of their ports."""
    by_file: defaultdict[str, list[Any]] = defaultdict(list)
    for entry in (*registry.assignments, *registry.uses, *registry.abuse, *registry.blocked):
        by_file[entry.path].append(entry)
    for entries in by_file.values():
        entries.sort(key=lambda entry: entry.line)
        for before, entry in itertools.pairwise(entries):
            if entry.ports.first < before.ports.first:
                other = f"{before.ports} of line {before.line}"
                message = f"ports: {entry.ports} should stand before {other}, in port order"
                yield Problem(entry.path, entry.line_of("ports"), "order", message, "warning")


def future(registry: Registry, latest: str) -> Iterator[Problem]:
    """A day or year should not be yet to come: none is after ``latest``, YYYY-MM-DD."""
    if registry.updated > latest and registry.assignments:
        yield _to_come(registry.assignments[0], "updated", registry.updated, line=1)
    for entry in all_entries(registry):
        for field in ("seen", "date", "changed", "since", "year"):
            day = str(getattr(entry, field, None) or "")
            if day > latest[: len(day)]:
                yield _to_come(entry, field, day)


def _to_come(entry: Entry, field: str, day: str, line: int = 0) -> Problem:
    message = f"{field}: should not be yet to come, as {day} is"
    return Problem(entry.path, line or entry.line_of(field), "future", message, "warning")
