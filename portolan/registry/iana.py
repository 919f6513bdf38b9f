"""IANA's Service Name and Transport Protocol Port Number Registry, from its XML or CSV into assignments.

What is taken: ports, transports, service name, description, RFC and Internet-Draft references, registration date
and "unauthorized use reported". Persons, contacts and notes (which name persons) are left behind.
Source: https://www.iana.org/assignments/service-names-port-numbers (CC0 1.0).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from portolan.registry.types import TRANSPORTS, Assignment, Span, Status, Transport

_NS = "{http://www.iana.org/assignments}"
_CSV_COLUMNS = (
    "Service Name",
    "Port Number",
    "Transport Protocol",
    "Description",
    "Registration Date",
    "Reference",
    "Unauthorized Use Reported",
    "Assignment Notes",
)
_RFC = re.compile(r"RFC[- ]?(\d+)", re.IGNORECASE)
_DRAFT = re.compile(r"(?:draft-|RFC-)([a-z][a-z0-9.-]*)", re.IGNORECASE)
_UNOFFICIAL = re.compile(r"\bunoff?i", re.IGNORECASE)
# IANA's remark on names that replaced others ("_" for "-"); the replaced name has a row of its own.
_REPLACEMENT = re.compile(r'\s*IANA assigned this well-formed service name as a replacement for "[^"]*"\.?')
_STATUS: tuple[tuple[str, Status], ...] = (
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
    """One row of IANA's, cleaned: a port or span, at most one transport."""

    ports: Span
    transport: Transport | None
    name: str | None
    title: str | None
    references: tuple[str, ...]
    date: str | None
    unauthorized: str | None


class NotIana(ValueError):
    """The file is neither IANA's XML nor its CSV; the text says what is wrong and where."""


def read_iana(data: bytes, updated: str | None = None) -> tuple[str, list[Assignment]]:
    """The registry's date and its assignments in port order. CSV carries no date: give it as ``updated``.

    Raises NotIana.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotIana(f"1: must be UTF-8: {error.reason}") from None
    if text.lstrip("\ufeff \r\n").startswith("<"):
        date, records = _read_xml(text)
    else:
        date, records = updated, list(_read_csv(text))
    if not (updated or date):
        raise NotIana("1: IANA's CSV does not say of which day it is: give --updated YYYY-MM-DD")
    if not records:
        raise NotIana("1: holds no port: is this IANA's service-names-port-numbers registry?")
    return updated or date or "", merge(records)


def merge(records: Iterable[Record]) -> list[Assignment]:
    """One assignment per service and port: records that differ only in their transport become one."""
    merged: dict[Record, set[Transport]] = {}
    for record in records:
        key = record._replace(transport=None)
        merged.setdefault(key, set()).update([record.transport] if record.transport else [])
    ordered = sorted(merged.items(), key=lambda item: item[0].ports)
    return [_assignment(record, transports) for record, transports in ordered]


def _assignment(record: Record, transports: set[Transport]) -> Assignment:
    status = _status(record)
    plain = status != "assigned" and (record.title or "").casefold() == status
    return Assignment(
        ports=record.ports,
        transports=tuple(t for t in TRANSPORTS if t in transports),
        status=status,
        name=record.name,
        title=None if plain else record.title,
        references=record.references,
        date=record.date,
        unauthorized=record.unauthorized,
    )


def _status(record: Record) -> Status:
    if record.name is None:
        title = (record.title or "unassigned").casefold()
        return next((status for word, status in _STATUS if title.startswith(word)), "assigned")
    return "assigned"


def _read_xml(text: str) -> tuple[str | None, list[Record]]:
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        raise NotIana(f"{error.position[0]}: must be XML: {error}") from None
    return root.findtext(f"{_NS}updated"), [record for element in root.iter(f"{_NS}record") if (record := _from_xml(element))]


def _from_xml(element: ElementTree.Element) -> Record | None:
    ports = _clean(element.findtext(f"{_NS}number"))
    if ports is None:
        return None
    references = [x.get("data") or "" for x in element.findall(f"{_NS}xref") if x.get("type") in ("rfc", "draft")]
    description = element.find(f"{_NS}description")
    return _record(
        ports,
        element.findtext(f"{_NS}protocol"),
        element.findtext(f"{_NS}name"),
        "".join(description.itertext()) if description is not None else None,
        references,
        element.get("date"),
        element.findtext(f"{_NS}unauthorized") or _unofficial(element.findtext(f"{_NS}note")),
        line=0,
    )


def _read_csv(text: str) -> Iterator[Record]:
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    missing = [column for column in _CSV_COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise NotIana(f"1: must have IANA's CSV columns; missing: {', '.join(missing)}")
    try:
        for row in rows:
            if row["Port Number"]:
                references = re.findall(r"\[([^\]]*)\]", row["Reference"] or "")
                unauthorized = row["Unauthorized Use Reported"] or _unofficial(row["Assignment Notes"])
                yield _record(
                    row["Port Number"].strip(), row["Transport Protocol"], row["Service Name"], row["Description"],
                    references, row["Registration Date"], unauthorized, line=rows.line_num,
                )  # fmt: skip
    except csv.Error as error:
        raise NotIana(f"{rows.line_num}: must be CSV: {error}") from None


def _record(
    ports: str,
    transport: str | None,
    name: str | None,
    title: str | None,
    references: list[str],
    date: str | None,
    unauthorized: str | None,
    line: int,
) -> Record:
    protocol = _clean(transport)
    if protocol is not None and protocol.lower() not in TRANSPORTS:
        raise NotIana(f"{line or 1}: port {ports}: unknown transport {protocol!r}; known: {', '.join(TRANSPORTS)}")
    try:
        span = Span.parse(int(ports) if ports.isdecimal() else ports)
    except ValueError as error:
        raise NotIana(f"{line or 1}: Port Number {error}") from None
    return Record(
        ports=span,
        transport=next((t for t in TRANSPORTS if protocol and t == protocol.lower()), None),
        name=_clean(name),
        title=_clean(_REPLACEMENT.sub("", title or "")),
        references=tuple(dict.fromkeys(filter(None, map(_reference, references)))),
        date=_clean(date),
        unauthorized=_clean(unauthorized),
    )


def _unofficial(note: str | None) -> str | None:
    """IANA tells of a few unauthorized uses in a note ("Microsoft (unoffically) using 1895"); other notes stay behind."""
    return note if note and _UNOFFICIAL.search(note) else None


def _reference(text: str) -> str | None:
    """``RFC9110``, ``RFC8765, Section 6.1``, ``draft-herbert-gue-02`` or ``RFC-ietf-…`` (in the RFC Editor's queue) as an id."""
    if rfc := _RFC.match(text):
        return f"rfc{int(rfc[1])}"
    if draft := _DRAFT.match(text):
        return f"draft-{draft[1].lower()}"
    return None


def _clean(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None


HEADER = """\
# yaml-language-server: $schema=schema/assignments.json
# IANA's Service Name and Transport Protocol Port Number Registry of {updated}, one entry per service and port.
# Written by `build.py import iana FILE`; edits by hand are fine until the next import, which shows what it would undo.
# Source: https://www.iana.org/assignments/service-names-port-numbers (CC0 1.0). No transports: the record names none.
updated: {updated}
assignments:
"""
_PLAIN = re.compile(r"(?!(?:true|false|null)\Z)[A-Za-z][A-Za-z0-9 ()./_+-]*(?<! )\Z")


def to_yaml(updated: str, assignments: Iterable[Assignment]) -> str:
    """The text of ``assignments.yaml``: an entry a line, defaults left out."""
    return HEADER.format(updated=updated) + "".join(f"- {{{', '.join(_fields(a))}}}\n" for a in assignments)


def _fields(assignment: Assignment) -> Iterator[str]:
    yield f"ports: {assignment.ports}"
    if assignment.transports:
        yield f"transports: [{', '.join(assignment.transports)}]"
    if assignment.status != "assigned":
        yield f"status: {assignment.status}"
    for field in ("name", "title"):
        if value := getattr(assignment, field):
            yield f"{field}: {_scalar(value)}"
    if assignment.references:
        yield f"references: [{', '.join(assignment.references)}]"
    if assignment.date:
        yield f"date: {assignment.date}"
    if assignment.unauthorized:
        yield f"unauthorized: {_scalar(assignment.unauthorized)}"


def _scalar(text: str) -> str:
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
