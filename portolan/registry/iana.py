"""IANA's Service Name and Transport Protocol Port Number Registry, from its XML or CSV into assignments.

What is taken: ports, transports, service name, description, RFC and Internet-Draft references, the dates of registration
and of the last change, "unauthorized use reported", and whether a use is recorded without an assignment. Persons, contacts
and other notes (which name persons) are left behind.
Source: https://www.iana.org/assignments/service-names-port-numbers (CC0 1.0).
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from portolan.nodes import Mapping, Sequence
from portolan.problem import Problem, ProblemsFound
from portolan.registry.load import Assignments, decode
from portolan.registry.rules import record_problems
from portolan.registry.types import TRANSPORTS, Assignment, Registry
from portolan.structs import build

_ID = "service-names-port-numbers"
_NS = "{http://www.iana.org/assignments}"
_LINE = "line"  # the attribute in which we note where an element begins; IANA's have none of that name
_CSV_COLUMNS = (
    "Service Name",
    "Port Number",
    "Transport Protocol",
    "Description",
    "Registration Date",
    "Modification Date",
    "Reference",
    "Unauthorized Use Reported",
    "Assignment Notes",
)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_RFC = re.compile(r"RFC[- ]?0*([0-9]+)", re.IGNORECASE | re.ASCII)
_DRAFT = re.compile(r"(?:draft-|RFC-)([a-z][a-z0-9.-]*?)(?:\.txt)?$", re.IGNORECASE | re.ASCII)
_UNOFFICIAL = re.compile(r"\bunoff?i", re.IGNORECASE)
# "This entry records an unassigned but widespread use (added 5/21/97)"
_USED = re.compile(r"\bunassigned but widespread use\b", re.IGNORECASE)
_ADDED = re.compile(r"\s*\(added [^)]*\)")
# IANA's remark on names that replaced others ("_" for "-"); the replaced name has a row of its own.
_REPLACEMENT = re.compile(r'\s*IANA assigned this well-formed service name as a replacement for "[^"]*"\.?')
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
    """One row of IANA's, cleaned: what it is about, and what may differ between the transports of one service."""

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


def read_iana(data: bytes, path: str, updated: str | None = None) -> tuple[str, tuple[Assignment, ...]]:
    """The registry's date and its assignments in port order. CSV carries no date: give it as ``updated``.

    Raises ProblemsFound, with lines of the file ``path``, for everything that could not stand in our registry.
    """
    text = _text(data, path)
    if text.startswith("<"):
        date, records = _read_xml(text, path)
    else:
        date, records = None, list(_read_csv(text, path))
    date = updated or date
    if not date:
        raise _refused(path, 1, "does not say of which day it is: give --updated YYYY-MM-DD")
    if not records:
        raise _refused(path, 1, f"holds no port: is this IANA's registry {_ID}?")
    return _checked(date, records, path)


def _checked(date: str, records: Iterable[Record], path: str) -> tuple[str, tuple[Assignment, ...]]:
    """The assignments, which have passed through the same types and rules as a file of ours."""
    node = _mapping(1, {"updated": date, "assignments": _sequence(merge(records))})
    problems: list[Problem] = []
    entry = build(Assignments, node, path, 1, problems, decode)
    if entry is None:
        raise ProblemsFound(problems)
    registry = Registry(updated=date, assignments=tuple(sorted(entry.assignments, key=lambda a: a.ports)))
    if problems := record_problems(registry):
        raise ProblemsFound(problems)
    return date, registry.assignments


def merge(records: Iterable[Record]) -> Iterator[Mapping]:
    """One node per service and port: records that differ only in transport and the day of their change become one."""
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


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode().lstrip("\ufeff \r\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(path, line, f"must be UTF-8, not byte 0x{data[error.start]:02x}") from None


def _read_xml(text: str, path: str) -> tuple[str | None, list[Record]]:
    try:
        root = _tree(text)
    except expat.ExpatError as error:
        raise _refused(path, error.lineno, f"must be XML: {expat.errors.messages[error.code]}") from None
    except _Doctype:
        raise _refused(path, 1, "must be XML without a document type, which IANA's has none of") from None
    if root.tag != f"{_NS}registry" or root.get("id") != _ID:
        raise _refused(path, 1, f"must be IANA's registry {_ID}, not {root.tag} {root.get('id') or ''}".rstrip())
    return _clean(root.findtext(f"{_NS}updated")), [*map(_from_xml, filter(_has_ports, root.iter(f"{_NS}record")))]


class _Doctype(Exception):
    """The XML begins with a document type, which could define entities without end."""


def _tree(text: str) -> ElementTree.Element:
    """The document's root; every element knows its line. The text is decoded, so its declared encoding is nothing to us."""
    parser, builder = expat.ParserCreate("utf-8", "}"), ElementTree.TreeBuilder()

    def start(name: str, attributes: dict[str, str]) -> None:
        builder.start(_qualified(name), {**attributes, _LINE: str(parser.CurrentLineNumber)})

    def refuse(*_: object) -> None:
        raise _Doctype

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: builder.end(_qualified(name))
    parser.CharacterDataHandler = builder.data
    parser.Parse(text.encode(), True)
    return builder.close()


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _has_ports(element: ElementTree.Element) -> bool:
    return _clean(element.findtext(f"{_NS}number")) is not None


def _from_xml(element: ElementTree.Element) -> Record:
    def inner(name: str) -> str | None:
        found = element.find(f"{_NS}{name}")
        return None if found is None else "".join(found.itertext())

    references = [x.get("data") or "" for x in element.findall(f"{_NS}xref") if x.get("type") in ("rfc", "draft")]
    return _record(
        {name: inner(name) for name in ("number", "protocol", "name", "description", "unauthorized", "note")},
        references, element.get("date"), element.get("updated"), int(element.get(_LINE) or 1),
    )  # fmt: skip


def _read_csv(text: str, path: str) -> Iterator[Record]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [column for column in _CSV_COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise _refused(path, 1, f"must be IANA's XML, or have the columns of its CSV; missing: {', '.join(missing)}")
        for row in rows:
            if None in row or None in row.values():
                raise _refused(path, rows.line_num, "must have as many fields as the first line: the file may be cut off")
            if _clean(row["Port Number"]):
                yield _from_csv(row, rows.line_num)
    except csv.Error as error:
        raise _refused(path, rows.line_num + 1, f"must be CSV: {error}") from None


def _from_csv(row: dict[str, str], line: int) -> Record:
    return _record(
        {
            "number": row["Port Number"], "protocol": row["Transport Protocol"], "name": row["Service Name"],
            "description": row["Description"], "unauthorized": row["Unauthorized Use Reported"], "note": row["Assignment Notes"],
        },
        re.findall(r"\[([^\]]*)\]", row["Reference"]), row["Registration Date"], row["Modification Date"], line,
    )  # fmt: skip


def _record(texts: dict[str, str | None], references: Iterable[str], date: str | None, changed: str | None, line: int) -> Record:
    clean = {key: _clean(text) for key, text in texts.items()}
    title = _clean(_REPLACEMENT.sub("", clean["description"] or ""))
    note = clean["note"] or ""
    used = bool(clean["name"] and _USED.search(note))
    told = _ADDED.sub("", note) if used or _UNOFFICIAL.search(note) else None
    return Record(
        ports=clean["number"] or "",
        status="used" if used else _status(clean["name"], title),
        name=clean["name"],
        title=title,
        references=tuple(dict.fromkeys(filter(None, map(_reference, references)))),
        date=_clean(date),
        unauthorized=clean["unauthorized"] or told,
        transport=(clean["protocol"] or "").lower() or None,
        changed=_clean(changed),
        line=line,
    )


def _status(name: str | None, title: str | None) -> str:
    if name is not None:
        return "assigned"
    words = (title or "unassigned").casefold()
    return next((status for word, status in _STATUS if words.startswith(word)), "assigned")


def _reference(text: str) -> str | None:
    """``RFC9110``, ``RFC8765, Section 6.1``, ``draft-herbert-gue-02`` or ``RFC-ietf-…`` (in the RFC Editor's queue) as an id."""
    if rfc := _RFC.match(text):
        return f"rfc{rfc[1]}"
    if draft := _DRAFT.match(text):
        return f"draft-{draft[1].lower()}"
    return None


def _clean(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None


def _refused(path: str, line: int, message: str) -> ProblemsFound:
    return ProblemsFound([Problem(path, line, "iana", message)])
