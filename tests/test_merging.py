"""Edits of the English: no translation is lost, none passes for one of a text that it wasn't made for."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portolan import extract, files
from portolan.locales import SOURCE, catalog_path, locale_tags
from portolan.merging import MOVED, merge
from portolan.po import FUZZY, Entry, PoFile, parse
from portolan.problem import ProblemsFound
from portolan.sources import paths

from .conftest import ROOT
from .projects import small_project
from .translated import bracketed, translate

TRANSLATED = [tag for tag in locale_tags(ROOT) if tag != SOURCE]
ROUNDS, EDITS = 5, 20
HEADER = Entry(("",), ("Language: de\nLast-Translator: Ada\nContent-Type: text/plain; charset=utf-8\n",))


def catalog(*entries: Entry) -> PoFile:
    return PoFile(HEADER, list(entries))


def message(text: str, translation: str = "", file: str = "content/a.md") -> Entry:
    return Entry((text,), (translation,), references=[file])


def merged(old: PoFile, *news: Entry, typo: bool = False) -> list[Entry]:
    """The merged messages, as they are read again."""
    text = str(merge(old, catalog(*news), 2, typo))
    found, errors = parse(text)
    assert not errors
    assert str(found) == text
    return found.entries


# At random, on our own catalogs


class Edits:
    """Edits the messages of a template, and knows what must come of each."""

    def __init__(self, template: PoFile, random: Random) -> None:
        self.random, self.entries, self.deleted = random, list(template.entries), list[Entry]()
        self.changed: dict[tuple[str, ...], tuple[str, ...]] = {}  # new English: old
        self.returned: list[Entry] = []

    def edit(self) -> None:
        kind = self.random.choice((self.word, self.word, self.placeholder, self.citation, self.move, self.delete, self.bring_back))
        kind()

    def word(self) -> None:
        self._change(r"\b[a-z]{4,}\b", lambda found: "harbour")

    def placeholder(self) -> None:
        self._change(r"\{[a-z.-]+\}", lambda found: "{other}")

    def citation(self) -> None:
        self._change(r"\[\^[^\]]+\]", lambda found: "")

    def move(self) -> None:
        entry = self.random.choice(self.entries)
        same = [at for at, other in enumerate(self.entries) if set(other.references) & set(entry.references)]
        self.entries.remove(entry)
        self.entries.insert(min(self.random.choice(same), len(self.entries)), entry)

    def delete(self) -> None:
        entry = self._untouched(r".")
        self.entries.remove(entry)
        self.deleted.append(entry)

    def bring_back(self) -> None:
        if self.deleted:
            entry = self.deleted.pop(self.random.randrange(len(self.deleted)))
            self.entries.insert(self.random.randrange(len(self.entries)), entry)
            self.returned.append(entry)

    def _change(self, what: str, new: object) -> None:
        entry = self._untouched(rf"\w+\W+\w+\W+\w+.*{what}|{what}.*\w+\W+\w+\W+\w+")
        ids = tuple(re.sub(what, new, text, count=1) for text in entry.ids)  # type: ignore[call-overload]
        if not any(ids[0] == other.ids[0] for other in [*self.entries, *self.deleted]):
            self.entries[self.entries.index(entry)] = replace(entry, ids=ids)
            self.changed[ids] = entry.ids

    def _untouched(self, what: str) -> Entry:
        """A message that wasn't edited in this round, nor its neighbours."""
        while True:
            entry = self.random.choice(self.entries)
            if re.search(what, entry.ids[0]) and entry.ids not in self.changed and entry not in self.returned:
                return entry


@pytest.mark.parametrize("tag", [pytest.param(tag, marks=() if tag == "de" else pytest.mark.slow) for tag in TRANSLATED])
def test_a_hundred_random_edits_lose_nothing(tag: str) -> None:
    template, _ = parse((ROOT / extract.POT).read_text())
    old, _ = parse((ROOT / catalog_path(tag)).read_text())
    old.entries = [_completed(entry) for entry in merge(old, template, _forms(old)).entries]
    edits = Edits(template, Random(f"{tag}"))
    for _ in range(ROUNDS):
        edits.changed.clear()
        edits.returned.clear()
        was_deleted = len(edits.deleted)
        for _ in range(EDITS):
            edits.edit()
        new = merge(old, PoFile(template.header, edits.entries), _forms(old))
        _assert_outcome(old, new, edits)
        assert len(edits.deleted) + len(edits.returned) >= was_deleted
        old = new
    assert parse(str(old))[0].fields == old.fields


def _completed(entry: Entry) -> Entry:
    """The message as it is when it is translated: what is so far must not decide what is tested."""
    if entry.obsolete or entry.translated:
        return entry
    return replace(entry, strings=tuple(map(bracketed, entry.strings)), flags=[], previous=None)


def _forms(catalog: PoFile) -> int:
    return int((re.findall(r"nplurals=(\d)", catalog.header.strings[0]) or ["2"])[0])


def _assert_outcome(old: PoFile, new: PoFile, edits: Edits) -> None:
    assert not _texts(old) - _texts(new)
    before, after = ({entry.ids: entry for entry in one.entries} for one in (old, new))
    assert [entry.ids for entry in new.live] == [entry.ids for entry in edits.entries]
    for ids, english in edits.changed.items():
        entry, was = after[ids], before[english]
        if not was.obsolete and any(was.strings):
            assert entry.strings == was.strings
            assert entry.flags[0] == FUZZY
            assert entry.previous == ((None, english) if not was.fuzzy else was.previous)
    for entry in edits.deleted:
        if any(before[entry.ids].strings):
            assert after[entry.ids].obsolete
            assert after[entry.ids].strings == before[entry.ids].strings
    for entry in edits.entries:
        if entry.ids in before and any(before[entry.ids].strings):
            assert (after[entry.ids].strings, after[entry.ids].fuzzy) == (before[entry.ids].strings, before[entry.ids].fuzzy)


def _texts(catalog: PoFile) -> Counter[str]:
    return Counter(text for entry in catalog.entries for text in entry.strings if text)


# One by one


def test_what_translators_wrote_stays() -> None:
    text = """\
# Ada's German.
msgid ""
msgstr ""
"Language: de\\n"
"Last-Translator: Ada <ada@example.org>\\n"
"X-Generator: Poedit 3\\n"
"X-Mine: yes\\n"

# Is this the right word?
#. for translators
#: a.html
#, fuzzy
#| msgctxt "menu"
#| msgid "Old ports"
msgid "New ports"
msgstr "Alte Häfen"

# kept for later
#, fuzzy
#~| msgid "Sold"
#~ msgid "Gone"
#~ msgstr "Weg"

# the end
"""
    old, errors = parse(text)
    assert not errors
    assert str(old) == text
    new = merge(old, catalog(replace(message("New ports", file="a.html"), extracted=["for translators"])), 2)
    assert str(new) == text


def test_a_changed_message_keeps_its_translation_as_fuzzy_and_changed_back_it_is_good_again() -> None:
    old = catalog(message("One", "Eins"), message("The port is open.", "Der Port ist offen."), message("Two", "Zwei"))
    once = merged(old, message("One"), message("The port is closed."), message("Two"))[1]
    assert (once.strings, once.flags, once.previous) == (("Der Port ist offen.",), [FUZZY], (None, ("The port is open.",)))
    twice = merged(catalog(message("One", "Eins"), once, message("Two", "Zwei")), message("One"), message("The port is shut."), message("Two"))[1]
    assert (twice.strings, twice.fuzzy, twice.previous) == (("Der Port ist offen.",), True, (None, ("The port is open.",)))
    back = merged(catalog(twice), message("The port is open."))[0]
    assert (back.strings, back.flags, back.previous) == (("Der Port ist offen.",), [], None)


def test_a_fuzzy_translation_without_previous_text_gets_none() -> None:
    """Nobody ever said that it is a translation of that text."""
    doubted = replace(message("The port is open.", "Der Hafen ist auf."), flags=[FUZZY])
    found = merged(catalog(doubted), message("The port is closed."))[0]
    assert (found.strings, found.flags, found.previous) == (doubted.strings, [FUZZY], None)
    assert merged(catalog(found), message("The port is open."))[0].fuzzy


def test_what_is_gone_comes_back_with_its_message() -> None:
    old = catalog(message("The port is open.", "Der Port ist offen."), message("Something else entirely", "Anderes"))
    gone = merged(old, message("Something else entirely"))
    assert [(entry.ids[0], entry.obsolete) for entry in gone] == [("Something else entirely", False), ("The port is open.", True)]
    back = merged(catalog(*gone), message("The port is open."), message("Something else entirely"))
    assert [(entry.strings[0], entry.translated) for entry in back] == [("Der Port ist offen.", True), ("Anderes", True)]
    assert not any(entry.obsolete for entry in back)


def test_the_place_decides_between_texts_that_are_alike_and_a_moved_one_says_so() -> None:
    pair = [message("Listens on TCP port {port}", "TCP {port}"), message("Between", "Zwischen"), message("Listens on UDP port {port}", "UDP {port}")]
    edited = merged(catalog(*pair), message("Listens on the TCP port {port}"), message("Between"), message("Listens on the UDP port {port}"))
    assert [entry.strings[0] for entry in edited] == ["TCP {port}", "Zwischen", "UDP {port}"]
    assert not any(MOVED in entry.extracted for entry in edited)
    moved = merged(catalog(*pair), message("Between"), message("First"), message("Listens at UDP port {port}"))
    assert [(entry.strings[0], entry.fuzzy) for entry in moved[:3]] == [("Zwischen", False), ("", False), ("UDP {port}", True)]
    other_file = merged(catalog(*pair), message("Between"), message("Listens at TCP port {port}", file="content/b.md"))
    assert other_file[1].strings == ("TCP {port}",)
    assert other_file[1].extracted == [MOVED]
    assert merged(catalog(*other_file), *[replace(entry, extracted=[]) for entry in other_file[:2]])[1].extracted == [MOVED]


@pytest.mark.parametrize(
    ("before", "after", "good"),
    [
        ("The prot is open.", "The port is open.", True),
        ("Port {port} is open", "Port {number} is open", False),
        ("It is open.[^rfc1]", "It is open.[^rfc2]", False),
        ("Run `ss` to see", "Run `ss -t` to see", False),
        ("Nothing in common here", "Quite another sentence", False),
    ],
)
def test_a_typo_leaves_translations_as_good_as_they_were(before: str, after: str, good: bool) -> None:
    old = [message("One", "Eins"), message(before, "Übersetzt"), message("Two", "Zwei")]
    found = merged(catalog(*old), message("One"), message(after), message("Two"), typo=True)[1]
    assert found.translated == good
    assert found.strings == ("Übersetzt",) if found.fuzzy or good else found.strings == ("",)
    doubted = replace(old[1], flags=[FUZZY])
    assert not merged(catalog(old[0], doubted, old[2]), message("One"), message(after), message("Two"), typo=True)[1].translated


def test_forms_of_counted_messages_survive_their_becoming_plain_and_back() -> None:
    plural = Entry(("{n} port", "{n} ports"), ("{n} Port", "{n} Ports"), references=["a.html"])
    single = Entry(("{n} port",), ("",), references=["a.html"])
    plain = merged(catalog(plural), single)[0]
    assert (plain.strings, plain.fuzzy) == (("{n} Ports",), True)
    assert "{n} Port" in plain.comments[0]
    again = merged(catalog(replace(single, strings=("{n} Ports",))), replace(plural, strings=("", "")))[0]
    assert (again.strings, again.fuzzy) == (("{n} Ports", "{n} Ports"), True)


@given(st.lists(st.tuples(st.text("ab \n\"\\\t", max_size=9), st.text("äß {}\n\"\\", max_size=9)), max_size=6, unique_by=lambda pair: pair[0]))
def test_what_is_written_is_read_again(pairs: list[tuple[str, str]]) -> None:
    text = str(catalog(*(message(id, string) for id, string in pairs if id)))
    found, errors = parse(text)
    assert not errors
    assert [(entry.ids[0], entry.strings[0]) for entry in found.entries] == [pair for pair in pairs if pair[0]]
    assert str(found) == text


# Whole files


@pytest.mark.parametrize("path", [extract.POT, *map(catalog_path, locale_tags(ROOT))])
def test_files_are_written_as_po_tools_write_them(path: str) -> None:
    assert shutil.which("msgcat"), "install gettext"
    done = subprocess.run(["msgcat", "--force-po", "--no-wrap", ROOT / path], capture_output=True, text=True, check=True)
    assert str(parse((ROOT / path).read_text())[0]) == done.stdout


def test_bringing_up_to_date_changes_nothing_that_is(tmp_path: Path) -> None:
    root = small_project(tmp_path / "project")
    translate(root, "de")
    extract.update(root)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.glob("locales/**/*.po*")}
    extract.update(root)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("content/registry/systems/linux.yaml", "  - broken: ["),
        ("content/registry/uses/all.yaml", "- prots: 9"),
        ("content/why/user.md", "\x00"),
        ("templates/port.html", "{% if %}"),
        ("locales/de/LC_MESSAGES/portolan.po", "msgstr"),
    ],
)
def test_what_cannot_be_read_stops_before_anything_is_written(path: str, text: str, tmp_path: Path) -> None:
    root = small_project(tmp_path / "project")
    translate(root, "de")
    (root / "content/about.md").write_text((root / "content/about.md").read_text() + "\nOne more.\n")
    with open(root / path, "a") as file:
        file.write(f"\n{text}\n")
    before = {path: path.read_bytes() for path in root.glob("locales/**/*.po*")}
    with pytest.raises(ProblemsFound, match=re.escape(path)):
        extract.update(root)
    assert {path: path.read_bytes() for path in root.glob("locales/**/*.po*")} == before


@pytest.mark.parametrize("writes", [1, *(pytest.param(at, marks=pytest.mark.slow) for at in (0, 2, 3))])
def test_a_write_that_fails_leaves_every_catalog_whole(writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small_project(tmp_path / "project")
    for tag in ("bn", "de", "pt"):
        translate(root, tag)
    extract.update(root)
    about = root / "content/about.md"
    about.write_text(about.read_text().replace("port number", "port's number"))
    before = {path: path.read_bytes() for path in root.glob("locales/**/*.po*")}
    monkeypatch.setattr(files, "write_all", partial(_full, [writes]))
    with pytest.raises(OSError, match="full"):
        extract.update(root)
    monkeypatch.undo()
    between = {path: path.read_bytes() for path in root.glob("locales/**/*.po*")}
    extract.update(root)
    after = {path: path.read_bytes() for path in root.glob("locales/**/*.po*")}
    assert between.keys() == before.keys() == after.keys()
    assert all(between[path] in (before[path], after[path]) for path in after)
    assert sum(between[path] != before[path] for path in after) == writes
    assert all(b"#| msgid" in after[root / catalog_path(tag)] for tag in ("bn", "de", "pt"))


KILLED = {
    "half written": "files.write_all = lambda descriptor, data: die(descriptor, data[: len(data) // 2])",
    "not in place yet": "os.replace = lambda *_: die(2, b'')",
}
DIE = """
import os, pathlib, signal, sys
from portolan import extract, files
def die(descriptor, data):
    os.write(descriptor, data)
    os.kill(os.getpid(), signal.SIGKILL)
{step}
extract.update(pathlib.Path(sys.argv[1]))
"""


@pytest.mark.parametrize("step", KILLED)
def test_a_kill_leaves_every_catalog_whole_and_no_source_behind(step: str, tmp_path: Path) -> None:
    root = small_project(tmp_path / "project", ("en", "bn", "de"))
    about = root / "content/about.md"
    about.write_text(about.read_text().replace("port number", "port’s number"))
    before = {path: path.read_bytes() for path in root.glob("locales/**/*.po*")}
    done = subprocess.run([sys.executable, "-c", DIE.format(step=KILLED[step]), root], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert {path: path.read_bytes() for path in before} == before
    assert {root / path for path in paths(root, [], "locales")} == before.keys()
    extract.update(root)
    assert not extract.is_stale(root)


def _full(left: list[int], descriptor: int, data: bytes) -> None:
    """Writes half a file once the disk is full."""
    left[0] -= 1
    os.write(descriptor, data if left[0] >= 0 else data[: len(data) // 2])
    os.close(descriptor)
    if left[0] < 0:
        raise OSError(28, "the disk is full")
