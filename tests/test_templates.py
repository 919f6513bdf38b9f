"""Whatever stands in a template ends in a page, or a problem with its line, and in good time."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from portolan import templates
from portolan.loading import load_project
from portolan.problem import Problem
from portolan.proof import prove
from portolan.templates import TemplateFault, compile_template, environment

from .conftest import ROOT
from .projects import small_project
from .test_bad_input import build, problems_of, tree

COMPILED = {
    "half a character": (r'{{ "\ud800" }}', "control characters"),
    "a hole's mark": (r'{{ "\x0enumber\x0f" }}', "control characters"),
    "an open place": (r'{{ "\x110\x12" }}', "control characters"),
    "an escape": (r'{{ "\x1b[0m" }}', "control characters"),
    "5,000 digits": ("{{ " + "1" * 5000 + " }}", "4300 digits"),
    "500 brackets": ("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "nested so deeply"),
    "500 lists": ("{{ " + "[" * 500 + "]" * 500 + " }}", "nested so deeply"),
    "3,000 sums": ("{{ 1" + "+1" * 3000 + " }}", "nested so deeply"),
    "30 loops": ("{% for x in y %}" * 30 + "{% endfor %}" * 30, "nested so deeply"),
    "300 conditions": ("{% if x %}" * 300 + "{% endif %}" * 300, "nested so deeply"),
}
RENDERED = {
    "the interpreter": ('{{ cycler.__init__.__globals__["__builtins__"]["exit"](3) }}', "unsafe"),
    "the system": ("{{ cycler.__init__.__globals__.os.system('true') }}", "unsafe"),
    "a filter's way": ('{{ [cycler]|map(attribute="__init__")|first }}', "unsafe"),
    "a format's way": ('{{ "{0.__class__}".format(1) }}', "unsafe"),
    "changing what is shared": ("{{ shared.append(1) }}", "unsafe"),
    "a range": ("{% for x in range(10 ** 9) %}{% endfor %}", "Range too big"),
    "a power": ("{{ 10 ** 10 ** 8 }}", "so large"),
    "a long text": ("{{ 'x' * 10 ** 9 }}", "so large"),
    "loops": (
        "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}",
        "come to an end",
    ),
    "recursion": ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "recursion"),
    "a circle put together": ('{% include "t" ~ ".html" %}', "recursion"),
    "half a character": ("{{ '%c' % 55296 }}", r"\ud800"),
    "a hole's mark": ("{{ '%c' % 14 }}X{{ '%c' % 15 }}", "a hole was changed"),
    "arithmetic": ("{{ 1 // 0 }}", "zero"),
    "no such template": ('{% include "none.html" %}', "none.html must exist"),
    "no such name": ("{{ none_such }}", "undefined"),
}


@pytest.mark.parametrize("name", COMPILED)
def test_what_can_not_be_read_is_told_with_its_line(name: str) -> None:
    text, message = COMPILED[name]
    found = compile_template("t.html", f"<p>\n\n{text}\n<p>\n")
    assert isinstance(found, Problem)
    assert found[:3] == ("templates/t.html", 3, "template")
    assert message in found.message


@pytest.mark.parametrize("name", RENDERED)
def test_what_can_not_be_rendered_is_told_with_its_line(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "SECONDS", 0.2)
    text, message = RENDERED[name]
    template = environment({"t.html": f"<p>\n\n{text}"}).get_template("t.html")
    started = process_time()
    with pytest.raises(TemplateFault) as raised:
        template.render(shared=[])
    problem = pickle.loads(pickle.dumps(raised.value)).problem  # as it comes from another process
    only_at_the_end = "half" in name or "mark" in name
    assert problem[:3] == ("templates/t.html", 1 if only_at_the_end else 3, "template")
    assert message in problem.message
    assert process_time() - started < 2


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_project(tmp_path_factory.mktemp("templates") / "project", ("en", "de"))
    load_project(root, prove)
    return root


@pytest.fixture
def root(valid: Path, tmp_path: Path) -> Path:
    return shutil.copytree(valid, tmp_path / "project")


def add(root: Path, name: str, text: str) -> int:
    """Put ``text`` at the end of a template's <main>, or else at its end; the line."""
    path = root / "templates" / name
    lines = path.read_text(encoding="utf-8").splitlines()
    at = lines.index("</main>") if "</main>" in lines else len(lines)
    lines.insert(at, text)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return at + 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base.html", '{% include "base.html" %}'),
        ("base.html", '{% extends "base.html" %}'),
        ("words.html", '{% import "words.html" as again %}'),
        ("line.html", '{{ sheet.part("line.html") }}'),
        ("line.html", '{% include ["nothing.html", "line.html"] %}'),
    ],
)
def test_a_template_that_calls_for_itself_is_found_before_it_is_rendered(
    name: str, text: str, root: Path
) -> None:
    at = add(root, name, text)
    started = process_time()
    assert problems_of(root) == [
        Problem(f"templates/{name}", at, "template", "must not call for itself")
    ]
    assert process_time() - started < 3


def test_a_circle_of_templates_is_found_before_it_is_rendered(root: Path) -> None:
    lines = [
        add(root, "footer.html", '{{ sheet.part("facts.html") }}'),
        add(root, "facts.html", '{% include "base.html" %}'),
    ]
    found = {(problem.path, problem.line): problem.message for problem in problems_of(root)}
    assert found["templates/footer.html", lines[0]] == "facts.html must not lead back here"
    assert found["templates/facts.html", lines[1]] == "base.html must not lead back here"
    assert {path for path, _ in found} == {
        f"templates/{name}.html" for name in ("base", "footer", "facts")
    }


@pytest.mark.parametrize(
    "name", ["port", "block", "home", "about", "404", "opensearch.xml", "manifest.webmanifest"]
)
def test_a_page_without_anything_is_none(name: str, root: Path) -> None:
    path = f"templates/{name}" if "." in name else f"templates/{name}.html"
    (root / path).write_text('{% extends "base.html" %}\n' if name == "about" else "")
    found = problems_of(root)
    assert [problem[:3] for problem in found] == [(path, 1, "template")]
    assert "whole page" in found[0].message or "empty" in found[0].message


def test_many_pages_without_end_are_given_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "SECONDS", 0.2)
    monkeypatch.setattr("portolan.proof._ENOUGH", 0.5)
    at = add(
        root,
        "base.html",
        "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}",
    )
    started = process_time()
    found = problems_of(root)
    assert {problem[:3] for problem in found} == {("templates/base.html", at, "template")}
    assert process_time() - started < 5


def test_what_another_language_runs_into_is_told_and_costs_nothing(
    root: Path, tmp_path: Path
) -> None:
    """The proof renders one language."""
    site = tmp_path / "site"
    assert build(root, site).returncode == 0
    before = tree(site)
    at = add(root, "about.html", "{% block head %}{{ 1 // 0 if locale.tag == 'de' }}{% endblock %}")
    run = build(root, site)
    assert (run.returncode, run.stdout) == (1, "")
    first, last = run.stderr.splitlines()
    assert first == f"templates/about.html:{at}: integer division or modulo by zero (template)"
    assert last == "1 problem. What is published is whole; the next run goes on."
    assert {path: data for path, data in tree(site).items() if "about" in path} == {
        path: data for path, data in before.items() if "about" in path
    }


def test_nothing_stops_a_command_silently(root: Path) -> None:
    at = add(
        root,
        "about.html",
        '{% block head %}{{ cycler.__init__.__globals__["__builtins__"]["exit"](3) }}{% endblock %}',
    )
    command: list[str | Path] = [sys.executable, ROOT / "build.py", "--root", root, "check"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert run.returncode == 1
    assert run.stderr.startswith(f"templates/about.html:{at}: access to attribute '__init__'")
