"""IANA's registry: what it says is what we have."""

from __future__ import annotations

import csv
import gzip
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portolan.effects import effects
from portolan.problem import Problem, ProblemsFound, errors
from portolan.project import Project
from portolan.registry import iana, imports
from portolan.registry.imports import ASSIGNMENTS, difference, prepare
from portolan.registry.load import Assignments, file_kind, load_text
from portolan.registry.types import TRANSPORTS, Assignment, Span
from portolan.registry.writing import to_yaml

from .conftest import ROOT

read_iana = partial(iana.read_iana, path="file.xml")

SAMPLE = Path(__file__).parent / "data" / "iana-sample.xml"
PUBLISHED = sorted(
    (ROOT.parent / "shared" / "data").glob("iana-service-names-port-numbers-*.xml.gz")
)
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
            for transport in (
                [record.findtext(f"{NS}protocol")]
                if record.findtext(f"{NS}protocol")
                else TRANSPORTS
            ):
                said.add((port, str(transport), name))
    return said


def state_of(record: ElementTree.Element) -> str:
    text = (record.findtext(f"{NS}description") or "").lower()
    if "unassigned" in text:
        return "unassigned"
    if text.startswith("reserved"):
        return "reserved"
    if any(
        text.startswith(word) for word in ("de-reg", "removed", "deprecated", "decom", "de-com")
    ):
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


def test_importing_the_same_file_again_changes_no_byte(home: Path) -> None:
    assert not prepare(home, SAMPLE).is_new


@pytest.mark.skipif(not PUBLISHED, reason="the published registry is not beside the checkout")
def test_the_committed_assignments_are_the_import_of_the_published_file() -> None:
    date, assignments = read_iana(gzip.decompress(PUBLISHED[-1].read_bytes()))
    assert to_yaml(date, assignments) == (ROOT / ASSIGNMENTS).read_text()


def test_csv_and_xml_give_the_same() -> None:
    of_csv, of_xml = (
        read_iana(as_csv(SAMPLE.read_bytes()), updated="2026-08-17"),
        read_iana(SAMPLE.read_bytes()),
    )
    assert to_yaml(*of_csv) == to_yaml(*of_xml)


COLUMNS = """Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,
Reference,Service Code,Unauthorized Use Reported,Assignment Notes"""


def as_csv(xml: bytes) -> bytes:
    """The sample in the form of IANA's CSV: CRLF row ends, bare LF within fields, persons and notes filled in."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS.replace("\n", "").split(","))
    for record in ElementTree.fromstring(xml).iter(f"{NS}record"):
        text = {
            field: record.findtext(f"{NS}{field}") or ""
            for field in ("name", "number", "protocol", "description", "unauthorized")
        }
        sources = [(x.get("type"), x.get("data") or "") for x in record.findall(f"{NS}xref")]
        references = "".join(
            f"[{data.upper() if kind == 'rfc' else data}]"
            for kind, data in sources
            if kind in ("rfc", "draft")
        )
        days = [record.get(day) or "" for day in ("date", "updated")]
        said = [
            text["name"],
            text["number"],
            text["protocol"],
            text["description"],
            "[Somebody]",
            "[Somebody]",
            *days,
        ]
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


def test_the_difference_is_told_by_port_and_field() -> None:
    _, before = read_iana(SAMPLE.read_bytes())
    after = [a for a in before if a.name != "telnet"]
    changed = SAMPLE.read_bytes().replace(b"World Wide Web HTTP", b"The Web")
    assert list(difference(before, after)) == [
        "- 23 tcp/udp telnet",
        "0 added, 0 changed, 1 removed.",
    ]
    assert list(difference(after, before)) == [
        "+ 23 tcp/udp telnet",
        "1 added, 0 changed, 0 removed.",
    ]
    lines = list(difference(before, read_iana(changed)[1]))
    assert "~ 80 tcp/udp http: title World Wide Web HTTP → The Web" in lines
    assert lines[-1] == f"0 added, {len(lines) - 1} changed (title {len(lines) - 1}), 0 removed."


def test_a_changed_transport_is_a_change_and_not_a_loss() -> None:
    before = [
        Assignment(ports=Span(7, 7), transports=("tcp",), name="echo"),
        Assignment(ports=Span(7, 7), transports=("udp",), name="echo"),
    ]
    after = [Assignment(ports=Span(7, 7), transports=("tcp", "udp"), name="echo", date="2026-08")]
    assert list(difference(before[:1], after)) == [
        "~ 7 tcp/udp echo: transports tcp → tcp, udp; date none → 2026-08",
        "0 added, 1 changed (transports 1, date 1), 0 removed.",
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with nothing but the sample of the registry, taken in."""
    prepare(tmp_path, SAMPLE).write()
    return tmp_path


def _element(old: str, new: str) -> Callable[[bytes], bytes]:
    """The sample with a part replaced, once."""

    def damage(data: bytes) -> bytes:
        assert old in data.decode()
        return data.decode().replace(old, new, 1).encode()

    return damage


def _record(*fields: str, date: str = "") -> Callable[[bytes], bytes]:
    """The sample with one more record."""
    return _element("</registry>", f"<record{date}>{''.join(fields)}</record></registry>")


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


TELNET = ("<name>telnet2</name>", "<protocol>tcp</protocol>", "<number>23</number>")
DAMAGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda data: b"", r":1: must be IANA's XML, or have the columns"),
    "half of the XML": (lambda data: data[: len(data) // 2], r":\d{2,}: must be XML: "),
    "half of a gzip file": (lambda data: gzip.compress(data)[:-2000], r":1: must be a whole gzip file"),
    "a gzip file with a changed byte": (lambda data: _flip(gzip.compress(data)), r":1: must be a whole gzip file"),
    "CSV of no day": (lambda data: as_csv(data), "does not say of which day"),
    "half of the CSV": (lambda data: as_csv(data)[: len(data) // 3], r":\d+: must (be CSV|have as many fields)"),
    "another table": (lambda data: b"a,b\n1,2\n", "missing: Port Number, Transport Protocol"),
    "a page that tells of an error": (lambda data: b"<html><body><p>Sorry<br></body>", ":1: must be XML"),
    "another registry": (_element("service-names-port-numbers", "protocol-numbers"), r":1: must be IANA's registry .* protocol-numbers"),
    "another namespace": (_element("www.iana.org/assignments", "example.org/ns"), ":1: must be IANA's registry"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), ":1: must be UTF-8"),
    "Latin-1": (lambda data: data.replace(b"World Wide", b"W\xf6rld", 1), r":\d{2,}: must be UTF-8, not byte 0xf6"),
    "one record": (lambda data: re.sub(rb"</record>.*</record>", b"</record>", data, flags=re.DOTALL), r"lacks \d+ of the \d+ entries"),
    "an older state": (_element("<updated>2026-08-17", "<updated>2026-08-16"), r"is of 2026-08-16, older .* --allow-older"),
    "no such day": (_element("<updated>2026-08-17", "<updated>2026-13-01"), "updated: must be a day as YYYY-MM-DD, not '2026-13-01'"),
    "a day without zeros": (_element("<updated>2026-08-17", "<updated>2026-8-7"), "updated: must be a day"),
    "a date of another order": (_record(*TELNET, date=' date="01/02/2026"'), "date: must be YYYY-MM-DD or YYYY-MM, not '01/02/2026'"),
    "a year alone": (_record(*TELNET, date=' updated="1999"'), "changed: must be YYYY-MM-DD"),
    "a field in a date": (_record(*TELNET, date=' date="2026-01-01, unauthorized: Injected"'), "date: must be YYYY-MM-DD"),
    "odd draft": (_record(*TELNET, '<xref type="draft" data="draft-a..b"/>'), "references: must be an id"),
    "a control character": (_record(*TELNET, "<description>a\u0085\u009bb</description>"), r"title: must not hold the control character U\+009B"),
    "a hidden character": (_record(*TELNET, "<description>a\u202eb</description>"), r"title: must not hold the hidden character U\+202E"),
    "a port of six digits": (_record("<name>a</name>", "<number>655360</number>"), "ports: must be a port|ports: must lie between"),
    "swapped ports": (_record("<name>a</name>", "<number>90-80</number>"), "ports: must run upwards, not 90-80"),
    "other digits": (_record("<name>a</name>", "<number>٨٠</number>"), "ports: must be a port or a range"),
    "an unknown transport": (_record("<name>a</name>", "<number>23</number>", "<protocol>quic</protocol>"), "must be one of tcp, udp"),
    "a dynamic port": (_record("<name>a</name>", "<number>50000</number>"), "must lie below 49152"),
    "two descriptions": (_record("<name>telnet</name>", *TELNET[1:], "<description>Other</description>"), "23/tcp telnet: must be entered once"),
    "assigned and not": (_record(*TELNET[1:], "<description>Unassigned</description>"), "23 must not be unassigned: telnet has it"),
    "an endless name": (_record(f"<name>{'a' * 5000}</name>", "<number>23</number>"), r"name: must be a name .* \(5,000 letters\)"),
    "entities": (_element("<registry", '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">]><registry'), ":1: must be XML without a document type"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_told_and_changes_nothing(kind: str, home: Path, tmp_path: Path) -> None:
    damage, told = DAMAGED[kind]
    file, before = tmp_path / "damaged", (home / ASSIGNMENTS).read_bytes()
    file.write_bytes(damage(SAMPLE.read_bytes()))
    with pytest.raises(ProblemsFound) as found:
        prepare(home, file).write()
    assert re.search(told, str(found.value))
    assert all(problem.path == str(file) for problem in found.value.problems)
    assert (home / ASSIGNMENTS).read_bytes() == before
    assert not prepare(home, SAMPLE).is_new


def test_too_large_a_file_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_LARGEST", 1000)
    packed = home / "packed.gz"
    packed.write_bytes(gzip.compress(bytes(100_000)))
    for file in (SAMPLE, packed):
        with pytest.raises(ProblemsFound, match="must have 1,000 bytes at most"):
            prepare(home, file)


@pytest.mark.parametrize(
    "name", ["utf-8", "bogus", "utf-7", "utf-32", "idna", "rot13", "zlib", "big5", "latin-1"]
)
def test_the_declared_encoding_is_nothing_to_us(name: str) -> None:
    declared = SAMPLE.read_bytes().replace(b"encoding='UTF-8'", f"encoding='{name}'".encode())
    assert read_iana(declared) == read_iana(SAMPLE.read_bytes())


def test_endless_numbers_are_told() -> None:
    long = _record(*TELNET, f'<xref type="rfc" data="rfc{"1" * 5000}"/>')(SAMPLE.read_bytes())
    with pytest.raises(ProblemsFound, match="references"):
        read_iana(long)


def test_a_loss_and_an_older_state_are_taken_when_told_so(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.xml"
    small = re.sub(rb"</record>.*</record>", b"</record>", SAMPLE.read_bytes(), flags=re.DOTALL)
    file.write_bytes(small.replace(b"<updated>2026-08-17", b"<updated>2020-01-01"))
    for loss, older in ((False, False), (True, False), (False, True)):
        with pytest.raises(ProblemsFound):
            prepare(home, file, allow_loss=loss, allow_older=older)
    prepare(home, file, allow_loss=True, allow_older=True).write()
    assert (home / ASSIGNMENTS).read_text().count("\n- ") == 1
    prepare(home, SAMPLE).write()


def test_a_packed_file_is_the_same(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.xml.gz"
    file.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert not prepare(home, file).is_new


@pytest.mark.parametrize("damage", [b"\xff", b"updated: [\n", b"updated: 2026-13-01\n", b""])
def test_a_damaged_file_of_ours_is_no_dead_end(damage: bytes, home: Path) -> None:
    path = home / ASSIGNMENTS
    good = path.read_bytes()
    path.write_bytes(good.replace(b"updated: 2026-08-17\n", damage))
    found = prepare(home, SAMPLE)
    assert found.before.damage
    found.write()
    assert path.read_bytes() == good


def test_a_damaged_file_of_ours_still_guards_against_a_loss(home: Path, tmp_path: Path) -> None:
    path, file = home / ASSIGNMENTS, tmp_path / "file.xml"
    path.write_bytes(path.read_bytes().replace(b"ports: 23,", b"prots: 23,"))
    file.write_bytes(
        re.sub(rb"</record>.*</record>", b"</record>", SAMPLE.read_bytes(), flags=re.DOTALL)
    )
    with pytest.raises(ProblemsFound, match="lacks"):
        prepare(home, file)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60_000), st.integers(0, 8), st.binary(max_size=6)),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_taken_in_passes_check(edits: list[tuple[int, int, bytes]]) -> None:
    data = SAMPLE.read_bytes()
    for at, length, put in edits:
        data = data[:at] + put + data[at + length :]
    try:
        date, entries = read_iana(data)
    except ProblemsFound:
        return
    assert entries_of(to_yaml(date, entries)) == [
        (a.ports, a.name, a.title, a.date, a.changed) for a in entries
    ]


def entries_of(text: str) -> list[tuple[object, ...]]:
    problems: list[Problem] = []
    kind = file_kind("assignments.yaml")
    assert kind
    (entry,) = load_text(text, ASSIGNMENTS, kind, problems)
    assert errors(problems) == []
    assert isinstance(entry, Assignments)
    return [(a.ports, a.name, a.title, a.date, a.changed) for a in entry.assignments]


def test_uses_that_were_never_assigned_are_no_assignments() -> None:
    note = "<note>This entry records an unassigned but widespread use\n(added 5/21/97)</note>"
    data = _record(
        "<name>bhoetty</name>", "<protocol>tcp</protocol>", "<number>351</number>", note
    )(SAMPLE.read_bytes())
    (found,) = [a for a in read_iana(data)[1] if a.name == "bhoetty"]
    assert (found.status, found.unauthorized) == (
        "used",
        "This entry records an unassigned but widespread use",
    )


def test_ports_are_unassigned_where_a_use_is_all_that_is_recorded(project: Project) -> None:
    segment = project.chart.facts(3000).segment
    assert (segment.names, segment.status) == (("hbci",), "assigned")
    assert [a.name for a in segment.states] == ["remoteware-cl"]


def test_the_day_of_the_last_change_is_the_latest_of_all_transports() -> None:
    assert [(a.date, a.changed) for a in read_iana(_changed_at("2018-05-21", "2020-01-02"))[1]] == [
        ("2008-01", "2020-01-02")
    ]


def _changed_at(*days: str) -> bytes:
    records = "".join(
        f'<record date="2008-01" updated="{day}"><name>a</name><protocol>{transport}</protocol><number>23</number></record>'
        for day, transport in zip(days, ("tcp", "udp"), strict=True)
    )
    head = '<registry xmlns="http://www.iana.org/assignments" id="service-names-port-numbers"><updated>2026-08-17</updated>'
    return f"{head}{records}</registry>".encode()


def test_what_an_import_means_for_the_pages_is_told(project: Project) -> None:
    before = project.chart.registry.assignments
    port = next(
        p
        for p in range(10_000, 20_000)
        if p in project.suggestions.of(p + 1) and not project.chart.facts(p).segment.services
    )
    after = [
        *(a for a in before if a.name != "ssh"),
        Assignment(ports=Span(port, port), transports=("tcp",), name="newcomer"),
    ]
    pages = list(project.suggestions.numbers).count(port)
    lines = list(effects(ROOT, before, after))
    assert (
        f"{port}, which {pages} page{'s recommend' if pages > 1 else ' recommends'} as free, is now assigned (newcomer)"
        in lines
    )
    assert any(
        line.startswith("content/articles/ssh.md:1: ")
        and "IANA's record of 22 says something else now" in line
        for line in lines
    )
    assert list(effects(ROOT, before, before)) == []


def test_the_command_tells_first_and_writes_nothing_when_told_so(
    home: Path, tmp_path: Path
) -> None:
    file, before = tmp_path / "file.xml", (home / ASSIGNMENTS).read_bytes()
    file.write_bytes(SAMPLE.read_bytes().replace(b"World Wide Web HTTP", b"The Web"))
    run = command(home, file, "--dry-run")
    assert (run.returncode, run.stderr) == (0, "")
    assert "~ 80 tcp/udp http: title World Wide Web HTTP → The Web\n" in run.stdout
    assert f"{ASSIGNMENTS}: would be written: " in run.stdout
    assert (home / ASSIGNMENTS).read_bytes() == before
    assert "written: " in command(home, file).stdout
    file.write_bytes(b"<")
    assert command(home, file).stderr.endswith("1 problem; nothing was written.\n")


def command(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    run: list[str | Path] = [
        sys.executable,
        ROOT / "build.py",
        "--root",
        root,
        "import",
        "iana",
        *arguments,
    ]
    return subprocess.run(run, capture_output=True, encoding="utf-8", check=False, timeout=60)


def test_a_reader_that_leaves_is_told_nothing(home: Path, tmp_path: Path) -> None:
    """As in ``… | head -1``: the pipe breaks, and that is nobody's mistake."""
    file = tmp_path / "file.xml"
    file.write_bytes(SAMPLE.read_bytes().replace(b"World Wide Web HTTP", b"The Web"))
    run = [sys.executable, str(ROOT / "build.py"), "--root", str(home), "import", "iana", str(file)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""
    assert b"The Web" in (home / ASSIGNMENTS).read_bytes()
