"""Stencils: stamping equals rendering, and a hole can only be printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portolan.blocks import Builder
from portolan.loading import load_project
from portolan.problem import ProblemsFound
from portolan.project import Project
from portolan.proof import prove
from portolan.stencil import Fragment, Hole, HoleError, Stencil
from portolan.templates import TemplateFault, environment

from .conftest import ROOT
from .projects import small_project

LOCALES = sorted(path.parent.parent.name for path in ROOT.glob("locales/*/LC_MESSAGES/portolan.po"))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(port=st.integers(0, 65535), tag=st.sampled_from(LOCALES))
@example(port=0, tag="en")
@example(port=65535, tag="en")
@example(port=80, tag="de")
@example(port=1023, tag="bn")
@example(port=6001, tag="zh-Hans")
@example(port=54321, tag="pt")
def test_stamped_page_is_the_plain_render_byte_for_byte(builder: Callable[[str], Builder], port: int, tag: str) -> None:
    assert builder(tag).port(port) == builder(tag).plain_port(port)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ports=st.lists(st.integers(0, 65535), min_size=2, max_size=6))
def test_a_page_does_not_depend_on_the_pages_before_it(builder: Callable[[str], Builder], project: Project, ports: list[int]) -> None:
    fresh = Builder(project, "en", project.locales)
    stamped = {port: fresh.port(port) for port in ports}
    assert stamped == {port: builder("en").port(port) for port in reversed(ports)}


USES = {
    "tested": "{% if hole %}x{% endif %}",
    "negated": "{{ not hole }}",
    "compared": "{{ hole == 443 }}",
    "ordered": "{{ hole < 443 }}",
    "looked into": "{{ hole[0] }}",
    "attribute": "{{ hole.digits }}",
    "iterated": "{% for digit in hole %}x{% endfor %}",
    "contained": "{{ '4' in hole }}",
    "container": "{{ hole in [1, 2] }}",
    "added": "{{ hole + 1 }}",
    "added to": "{{ 1 + hole }}",
    "multiplied": "{{ hole * 2 }}",
    "modulo": "{{ hole % 2 }}",
    "formatted": "{{ '%s'|format(hole) }}",
    "percent": "{{ 'port %s' % hole }}",
    "upper": "{{ hole|upper }}",
    "length": "{{ hole|length }}",
    "int": "{{ hole|int }}",
    "default": "{{ hole|default('x', true) }}",
    "replaced": "{{ hole|replace('4', '5') }}",
    "is number": "{{ hole is number }}",
    "is string": "{{ hole is string }}",
    "is odd": "{{ hole is odd }}",
    "sorted": "{{ [hole, hole]|sort }}",
    "called": "{{ hole() }}",
    "joined with ~": "{{ hole ~ 'x' }}",
    "shown in a list": "{{ [hole] }}",
    "key": "{{ {443: 1}[hole] }}",
    "spec": "{{ '{:>8}'.format(hole) }}",
}


@pytest.mark.parametrize("source", USES.values(), ids=USES.keys())
def test_a_hole_refuses_all_but_printing(source: str) -> None:
    template = environment({"t.html": source}).get_template("t.html")
    with pytest.raises(TemplateFault, match=r"templates/t\.html:1: number can only be printed"):
        template.render(hole=Hole("number"))


PRINTS = ("{{ hole }}", "a{{ hole }}b", '<a href="{{ hole }}">', "{{ [hole, hole]|join(', ') }}", "{{ hole|e }}", "{{ hole is defined }}")


@pytest.mark.parametrize("source", PRINTS)
def test_a_hole_can_be_printed(source: str) -> None:
    template = environment({"t.html": source}).get_template("t.html")
    stencil = Stencil(Fragment.of(template.render(hole=Hole("number"))), {"number"})
    assert stencil.stamp({"number": b"60603"}).decode() == template.render(hole="60603")


def test_a_hole_changed_after_printing_is_found() -> None:
    template = environment({"t.html": "{% filter upper %}{{ hole }}{% endfilter %}"}).get_template("t.html")
    with pytest.raises(TemplateFault, match=r"templates/t\.html:1: a hole was changed"):
        template.render(hole=Hole("number"))
    with pytest.raises(HoleError, match="changed"):
        Stencil(Fragment.of(Hole("another").mark), {"number"})


def test_values_are_escaped(builder: Callable[[str], Builder]) -> None:
    page = builder("en").port(7002).decode()  # IANA: "users & groups database"
    assert "users &amp; groups database" in page
    assert "users & groups" not in page


def test_a_template_that_branches_on_a_hole_fails_with_template_and_line(tmp_path: Path) -> None:
    root = small_project(tmp_path / "project")
    template = root / "templates" / "port.html"
    lines = template.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("<article"))
    lines[at] = "{% if port.number == 443 %}<article>{% else %}<article>{% endif %}"
    template.write_text("\n".join(lines) + "\n")
    with pytest.raises(ProblemsFound) as found:
        load_project(root, prove)
    assert {(p.path, p.line, p.check) for p in found.value.problems} == {("templates/port.html", at + 1, "template")}
    assert "number can only be printed here, not compared" in found.value.problems[0].message
