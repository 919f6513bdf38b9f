"""Writing ``assignments.yaml``: an entry a line, defaults left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from portolan.registry.types import Assignment

_HEADER = """\
# yaml-language-server: $schema=schema/assignments.json
# IANA's Service Name and Transport Protocol Port Number Registry of {updated}, one entry per service and port.
# Written by `build.py import iana FILE`; edits by hand are fine until the next import, which shows what it would undo.
# Source: https://www.iana.org/assignments/service-names-port-numbers (CC0 1.0). No transports: the record names none.
# date: registered; changed: the record's last change; status used: IANA records a use that it never assigned.
updated: {updated}
assignments:
"""
_PLAIN = re.compile(r"(?!(?:true|false|null)\Z)[A-Za-z][A-Za-z0-9 ()./_+-]*(?<! )\Z")


def to_yaml(updated: str, assignments: Iterable[Assignment]) -> str:
    """The text of the file. What it is made from has passed its types, so dates and ids need no quotes."""
    return _HEADER.format(updated=updated) + "".join(
        f"- {{{', '.join(_fields(a))}}}\n" for a in assignments
    )


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
    for field in ("date", "changed"):
        if value := getattr(assignment, field):
            yield f"{field}: {value}"
    if assignment.unauthorized:
        yield f"unauthorized: {_scalar(assignment.unauthorized)}"


def _scalar(text: str) -> str:
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
