"""IANA's registry: what it says is what we have."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from portolan.project import Project
from portolan.registry.iana import NotIana, read_iana, to_yaml
from portolan.registry.imports import ASSIGNMENTS, difference, import_iana
from portolan.registry.types import TRANSPORTS, Assignment

from .conftest import ROOT
from .projects import copy_of

SAMPLE = Path(__file__).parent / "data" / "iana-sample.xml"
PUBLISHED = sorted((ROOT.parent / "shared" / "data").glob("iana-service-names-port-numbers-*.xml.gz"))
NS = "{http://www.iana.org/assignments}"
Said = set[tuple[int, str, str]]


def said_by(xml: bytes) -> Said:
    """Port, transport and name (or status) of every record, read apart from the importer."""
    said: Said = set()
    for record in ElementTree.fromstring(xml).iter(f"{NS}record"):
        number = record.findtext(f"{NS}number")
        if not number:
            continue
        first, _, last = number.partition("-")
        name = record.findtext(f"{NS}name") or state_of(record)
        for port in range(int(first), int(last or first) + 1):
            for transport in [record.findtext(f"{NS}protocol")] if record.findtext(f"{NS}protocol") else TRANSPORTS:
                said.add((port, str(transport), name))
    return said


def state_of(record: ElementTree.Element) -> str:
    text = (record.findtext(f"{NS}description") or "").lower()
    if "unassigned" in text:
        return "unassigned"
    if text.startswith("reserved"):
        return "reserved"
    if any(text.startswith(word) for word in ("de-reg", "removed", "deprecated", "decom", "de-com")):
        return "deregistered"
    return "assigned"


def said_by_us(assignments: tuple[Assignment, ...]) -> Said:
    return {
        (port, transport, a.name or a.status)
        for a in assignments
        for port in range(a.ports.first, a.ports.last + 1)
        for transport in a.transports or TRANSPORTS
    }


def test_our_assignments_are_those_of_the_published_registry(project: Project) -> None:
    """All of it where the published file lies beside the checkout; a sample of it everywhere."""
    ours = said_by_us(project.chart.registry.assignments)
    if PUBLISHED:
        theirs = said_by(gzip.decompress(PUBLISHED[-1].read_bytes()))
        assert {port for port, _, _ in theirs} == set(range(49152))
        assert (theirs - ours, ours - theirs) == (set(), set())
    sample = said_by(SAMPLE.read_bytes())
    assert len({port for port, _, _ in sample}) > 80
    assert sample <= ours


def test_importing_the_same_file_again_changes_no_byte(tmp_path: Path) -> None:
    root = copy_of(ROOT, tmp_path)
    list(import_iana(root, SAMPLE, None))
    before = (root / ASSIGNMENTS).read_bytes()
    entries = before.count(b"\n- ")
    assert list(import_iana(root, SAMPLE, None)) == [f"{ASSIGNMENTS}: unchanged ({entries} entries, registry of 2026-08-17)"]
    assert (root / ASSIGNMENTS).read_bytes() == before


@pytest.mark.skipif(not PUBLISHED, reason="the published registry is not beside the checkout")
def test_the_committed_assignments_are_the_import_of_the_published_file() -> None:
    date, assignments = read_iana(gzip.decompress(PUBLISHED[-1].read_bytes()))
    assert to_yaml(date, assignments) == (ROOT / ASSIGNMENTS).read_text()


def test_csv_and_xml_give_the_same() -> None:
    assert read_iana(as_csv(SAMPLE.read_bytes()), "2026-08-17") == read_iana(SAMPLE.read_bytes())


COLUMNS = """Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,
Reference,Service Code,Unauthorized Use Reported,Assignment Notes"""


def as_csv(xml: bytes) -> bytes:
    """The sample in the form of IANA's CSV: CRLF row ends, bare LF within fields, persons and notes filled in."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS.replace("\n", "").split(","))
    for record in ElementTree.fromstring(xml).iter(f"{NS}record"):
        text = {field: record.findtext(f"{NS}{field}") or "" for field in ("name", "number", "protocol", "description", "unauthorized")}
        sources = [(x.get("type"), x.get("data") or "") for x in record.findall(f"{NS}xref")]
        references = "".join(f"[{data.upper() if kind == 'rfc' else data}]" for kind, data in sources if kind in ("rfc", "draft"))
        said = [text["name"], text["number"], text["protocol"], text["description"], "[Somebody]", "[Somebody]", record.get("date") or "", ""]
        writer.writerow([*said, references, "", text["unauthorized"], "a note\nof two lines"])
    return buffer.getvalue().encode()


def test_the_importer_leaves_persons_behind() -> None:
    text = to_yaml(*read_iana(SAMPLE.read_bytes()))
    for person in persons(SAMPLE.read_bytes()):
        assert person not in text


def persons(xml: bytes) -> Iterator[str]:
    for xref in ElementTree.fromstring(xml).iter(f"{NS}xref"):
        if xref.get("type") == "person" and "_" in (xref.get("data") or ""):
            yield str(xref.get("data"))
            yield str(xref.get("data")).replace("_", " ")


def test_the_difference_is_told_by_port() -> None:
    _, before = read_iana(SAMPLE.read_bytes())
    after = [a for a in before if a.name != "telnet"]
    changed = SAMPLE.read_bytes().replace(b"World Wide Web HTTP", b"The Web")
    assert list(difference(before, after)) == ["- 23 tcp/udp telnet"]
    assert list(difference(after, before)) == ["+ 23 tcp/udp telnet"]
    assert "~ 80 tcp/udp http: title World Wide Web HTTP → The Web" in list(difference(before, read_iana(changed)[1]))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "1: must have IANA's CSV columns"),
        (b"<registry><record></registry>", "1: must be XML"),
        (b"<registry/>", "does not say of which day"),
        (b"a,b\n1,2\n", "missing: Service Name, Port Number"),
        (b"\xff\xfe", "1: must be UTF-8"),
    ],
)
def test_what_is_not_iana_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(NotIana, match=told):
        read_iana(data)
