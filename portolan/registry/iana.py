"""IANA's Service Name and Transport Protocol Port Number Registry, from its XML or CSV into
assignments.

What is taken: ports, transports, service name, description, RFC and Internet-Draft references, the
dates of registration and of the last change, "unauthorized use reported", and whether a use is
recorded without an assignment. Persons, contacts and other notes (which name persons) are left
behind.
Source: https://www.iana.org/assignments/service-names-port-numbers (CC0 1.0).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from portolan.nodes import Mapping, Sequence
from portolan.problem import Problem, ProblemsFound
from portolan.registry.iana_files import ID, Row, read_rows, refused
from portolan.registry.load import Assignments, decode
from portolan.registry.rules import record_problems
from portolan.registry.types import TRANSPORTS, Assignment, Registry
from portolan.structs import build

_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_RFC = re.compile(r"RFC[- ]?0*([0-9]+)", re.IGNORECASE | re.ASCII)
_DRAFT = re.compile(r"(?:draft-|RFC-)([a-z][a-z0-9.-]*?)(?:\.txt)?$", re.IGNORECASE | re.ASCII)
_UNOFFICIAL = re.compile(r"\bunoff?i", re.IGNORECASE)
# "This entry records an unassigned but widespread use (added 5/21/97)"
_USED = re.compile(r"\bunassigned but widespread use\b", re.IGNORECASE)
_ADDED = re.compile(r"\s*\(added [^)]*\)")
# IANA's remark on names that replaced others ("_" for "-"); the replaced name has a row of its own.
_REPLACEMENT = re.compile(
    r'\s*IANA assigned this well-formed service name as a replacement for "[^"]*"\.?'
)
_STATUS = (
    ("unassigned", "unassigned"),
    ("(unassigned)", "unassigned"),
    ("reserved", "reserved"),
    ("de-registered", "deregistered"),
    ("removed", "deregistered"),
    ("deprecated", "deregistered"),
    ("decomissioned", "deregistered"),
    ("de-commissioned", "deregistered"),
)


class Record(NamedTuple):
    """One row of IANA's, cleaned: what it is about, and what may differ between the transports of
    one service.
    """

    ports: str
    status: str
    name: str | None
    title: str | None
    references: tuple[str, ...]
    date: str | None
    unauthorized: str | None
    transport: str | None
    changed: str | None
    line: int

    @property
    def said(self) -> tuple[object, ...]:
        """What is the same for all transports of a service."""
        return self[:7]


def read_iana(
    data: bytes, path: str, updated: str | None = None
) -> tuple[str, tuple[Assignment, ...]]:
    """The registry's date and its assignments in port order. CSV carries no date: give it as
    ``updated``.

    Raises ProblemsFound, with lines of the file ``path``, for everything that could not stand in
    our registry.
    """
    date, rows = read_rows(data, path)
    date = updated or date
    if not date:
        raise refused(path, 1, "does not say of which day it is: give --updated YYYY-MM-DD")
    if not rows:
        raise refused(path, 1, f"holds no port: is this IANA's registry {ID}?")
    return _checked(date, map(_record, rows), path)


def _checked(date: str, records: Iterable[Record], path: str) -> tuple[str, tuple[Assignment, ...]]:
    """The assignments, which have passed through the same types and rules as a file of ours."""
    node = _mapping(1, {"updated": date, "assignments": _sequence(merge(records))})
    problems: list[Problem] = []
    entry = build(Assignments, node, path, 1, problems, decode)
    if entry is None:
        raise ProblemsFound(problems)
    registry = Registry(
        updated=date, assignments=tuple(sorted(entry.assignments, key=lambda a: a.ports))
    )
    if problems := record_problems(registry):
        raise ProblemsFound(problems)
    return date, registry.assignments


def merge(records: Iterable[Record]) -> Iterator[Mapping]:
    """One node per service and port: records that differ only in transport and the day of their
    change become one.
    """
    merged: defaultdict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in records:
        merged[record.said].append(record)
    for together in merged.values():
        yield _node(together)


def _node(records: list[Record]) -> Mapping:
    one = records[0]
    transports = list(dict.fromkeys(record.transport for record in records if record.transport))
    transports.sort(key=lambda t: TRANSPORTS.index(t) if t in TRANSPORTS else len(TRANSPORTS))
    plain = one.status not in ("assigned", "used") and (one.title or "").casefold() == one.status
    fields: dict[str, Any] = {
        "ports": int(one.ports) if _PORT.fullmatch(one.ports) else one.ports,
        "transports": _sequence(transports, one.line),
        "status": one.status,
        "name": one.name,
        "title": None if plain else one.title,
        "references": _sequence(one.references, one.line),
        "date": one.date,
        "changed": max((record.changed for record in records if record.changed), default=None),
        "unauthorized": one.unauthorized,
    }
    return _mapping(one.line, fields)


def _mapping(line: int, fields: dict[str, Any]) -> Mapping:
    mapping = Mapping(line)
    mapping.update(fields)
    mapping.lines.update(dict.fromkeys(fields, line))
    return mapping


def _sequence(items: Iterable[Any], line: int = 0) -> Sequence:
    sequence = Sequence(line)
    for item in items:
        sequence.append(item)
        sequence.lines.append(item.line if isinstance(item, Mapping) else line)
    return sequence


def _record(row: Row) -> Record:
    name, note = row.texts["name"], row.texts["note"] or ""
    title = _REPLACEMENT.sub("", row.texts["description"] or "").strip() or None
    used = bool(name and _USED.search(note))
    noted = _ADDED.sub("", note) if used or _UNOFFICIAL.search(note) else None
    return Record(
        ports=row.texts["number"] or "",
        status="used" if used else _status(name, title),
        name=name,
        title=title,
        references=tuple(dict.fromkeys(filter(None, map(_reference, row.references)))),
        date=row.date,
        unauthorized=row.texts["unauthorized"] or noted,
        transport=(row.texts["protocol"] or "").lower() or None,
        changed=row.changed,
        line=row.line,
    )


def _status(name: str | None, title: str | None) -> str:
    if name is not None:
        return "assigned"
    words = (title or "unassigned").casefold()
    return next((status for word, status in _STATUS if words.startswith(word)), "assigned")


def _reference(text: str) -> str | None:
    """An RFC or a draft as an id.

    IANA writes ``RFC9110``, ``RFC8765, Section 6.1``, ``draft-herbert-gue-02``, and ``RFC-ietf-…``
    for what is in the RFC Editor's queue.
    """
    if rfc := _RFC.match(text):
        return f"rfc{rfc[1]}"
    if draft := _DRAFT.match(text):
        return f"draft-{draft[1].lower()}"
    return None
