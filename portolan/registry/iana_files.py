"""Reading IANA's registry of ports as it is published, in XML or CSV: a row a record, its texts as
they stand.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from portolan.problem import Problem, ProblemsFound

ID = "service-names-port-numbers"
_NS = "{http://www.iana.org/assignments}"
_LINE = "line"  # where we note on which line an element begins; IANA's have no such attribute
_COLUMNS = {
    "number": "Port Number",
    "protocol": "Transport Protocol",
    "name": "Service Name",
    "description": "Description",
    "unauthorized": "Unauthorized Use Reported",
    "note": "Assignment Notes",
}
_OTHER_COLUMNS = ("Registration Date", "Modification Date", "Reference")


class Row(NamedTuple):
    """One record: its texts by the names of IANA's XML, without line breaks and needless blanks."""

    texts: Mapping[str, str | None]
    references: tuple[str, ...]
    date: str | None
    changed: str | None
    line: int


def read_rows(data: bytes, path: str) -> tuple[str | None, list[Row]]:
    """The registry's date, which CSV doesn't tell, and all records that have a port.

    Raises ProblemsFound.
    """
    try:
        text = data.decode().lstrip("\ufeff \r\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(path, line, f"must be UTF-8, not byte 0x{data[error.start]:02x}") from None
    if text.startswith("<"):
        return _read_xml(text, path)
    return None, list(_read_csv(text, path))


def refused(path: str, line: int, message: str) -> ProblemsFound:
    """Why a file can't be taken in."""
    return ProblemsFound([Problem(path, line, "iana", message)])


def _read_xml(text: str, path: str) -> tuple[str | None, list[Row]]:
    try:
        root = _tree(text)
    except expat.ExpatError as error:
        message = expat.errors.messages[error.code]
        raise refused(path, error.lineno, f"must be XML: {message}") from None
    except _Doctype:
        message = "must be XML without a document type, which IANA's has none of"
        raise refused(path, 1, message) from None
    if root.tag != f"{_NS}registry" or root.get("id") != ID:
        found = f"{root.tag} {root.get('id') or ''}".rstrip()
        raise refused(path, 1, f"must be IANA's registry {ID}, not {found}")
    rows = map(_of_xml, root.iter(f"{_NS}record"))
    return _clean(root.findtext(f"{_NS}updated")), [row for row in rows if row.texts["number"]]


class _Doctype(Exception):
    """The XML begins with a document type, which could define entities without end."""


def _tree(text: str) -> ElementTree.Element:
    """The document's root; every element knows its line.

    The text is decoded, so the encoding that it declares is nothing to us.
    """
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


def _of_xml(element: ElementTree.Element) -> Row:
    inner = {name: element.find(f"{_NS}{name}") for name in _COLUMNS}
    texts = {name: "".join(x.itertext()) if x is not None else None for name, x in inner.items()}
    sources = [(x.get("type"), x.get("data") or "") for x in element.findall(f"{_NS}xref")]
    references = [data for kind, data in sources if kind in ("rfc", "draft")]
    line = int(element.get(_LINE) or 1)
    return _row(texts, references, element.get("date"), element.get("updated"), line)


def _read_csv(text: str, path: str) -> Iterator[Row]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        wanted = (*_COLUMNS.values(), *_OTHER_COLUMNS)
        if missing := [column for column in wanted if column not in (rows.fieldnames or ())]:
            names = ", ".join(missing)
            message = f"must be IANA's XML, or have the columns of its CSV; missing: {names}"
            raise refused(path, 1, message)
        for row in rows:
            if None in row or None in row.values():
                message = "must have as many fields as the first line: the file may be cut off"
                raise refused(path, rows.line_num, message)
            if row["Port Number"].strip():
                yield _of_csv(row, rows.line_num)
    except csv.Error as error:
        raise refused(path, rows.line_num + 1, f"must be CSV: {error}") from None


def _of_csv(row: Mapping[str, str], line: int) -> Row:
    texts = {name: row[column] for name, column in _COLUMNS.items()}
    references = re.findall(r"\[([^\]]*)\]", row["Reference"])
    return _row(texts, references, row["Registration Date"], row["Modification Date"], line)


def _row(
    texts: Mapping[str, str | None],
    references: Iterable[str],
    date: str | None,
    changed: str | None,
    line: int,
) -> Row:
    clean = {name: _clean(text) for name, text in texts.items()}
    return Row(clean, tuple(references), _clean(date), _clean(changed), line)


def _clean(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None
