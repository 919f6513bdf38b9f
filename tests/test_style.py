"""The rules of our English that a machine can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portolan.extract import english
from portolan.problem import Problem
from portolan.style import RULES, style

from .projects import copy_of

ROOT = Path(__file__).parent.parent
# What passes all rules, and must keep doing so.
SOUND = re.compile(r"content/(registry|articles|seen|answer|stance|verdict|why)/")


def found(text: str, path: str = "content/why/temporary.md") -> list[str]:
    return [problem.message for problem in style([(path, 7, (text,))])]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("word " * 31 + "end.", "a sentence should have at most 30 words, not 32: word word"),
        ("No service owns it, for IANA never assigns such ports.", ", for IANA never"),
        ("Close it, for the number is known.", ", for the number is"),
        ("It is odd: for it listens twice.", ": for it listens"),
        ("We are Not sure which program it is.", "not sure"),
        ("Quite sure.", "quite sure"),
        ("Its documentation advises to delete it.", "advises to"),
        ("We recommend to use another.", "recommend to"),
        ("It suggested to run it.", "suggested to"),
        ("IANA's record", "should stand in prose, not '"),
        ('The "answer"', 'should stand in prose, not "'),
        ("You recognize the color.", '"recognize" should be spelled'),
        ("Unless unauthorized, it is not unauthorized.", '"unauthorized" should be spelled'),
        ("It runs into a time-out.", "one word"),
        ("It can not listen.", '"can not" should be "cannot"'),
        ("It can’t listen.", '"can’t" should be'),
        ("It doesn’t listen.", '"doesn’t" should be'),
    ],
)
def test_what_reads_badly_is_told(text: str, told: str) -> None:
    assert any(told in message for message in found(text)), found(text)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 29 + "end. " + "Word " * 29 + "end.",
        "`one two` " * 20 + "end.",
        "Use another port, for example 8081, for the local network or for a server that is new.",
        "There is a number for it to take, and one for the clients of others.",
        "We recommend that you use another, and advise against this one.",
        "IANA notes “Unauthorized use by 'it' can't be recommended to you”.",
        "Set `color='x'` in the [file](https://example.org/can't-color).",
        "It cannot time out[^can't] at the colour.",
        "The authority organises emails of any size.",
    ],
)
def test_what_reads_well_is_not_told(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["Here a server listens.", "A server listens here."])
def test_a_description_neither_begins_nor_ends_with_here(text: str) -> None:
    assert len(found(text, "content/registry/uses/web.yaml")) == 1
    assert found(text) == []


def test_each_rule_says_what_should_be() -> None:
    assert all("should" in (rule.__doc__ or "") or "take" in (rule.__doc__ or "") for rule in RULES)


def test_it_is_a_warning_with_file_and_line(tmp_path: Path) -> None:
    path = copy_of(ROOT, tmp_path) / "content/articles/ssh.md"
    path.write_text(path.read_text() + "\nIt can't be, for it is odd.\n")
    told = [problem for problem in style(english(tmp_path)) if problem.path == "content/articles/ssh.md"]
    line = len(path.read_text().splitlines())
    assert {(problem.line, problem.check, problem.severity) for problem in told} == {(line, "style", "warning")}
    assert len(told) == 3


def test_our_english_passes() -> None:
    told: list[Problem] = [problem for problem in style(english(ROOT)) if SOUND.match(problem.path)]
    assert told == []
