"""Proving the templates before a build: every stencil is cut once and every kind of page rendered once.

What a template gets wrong shows here, with template and line, and not in the middle of a build.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from jinja2 import TemplateNotFound

from portolan.blocks import Builder, single_pages
from portolan.pages import BLOCKS
from portolan.problem import Problem
from portolan.project import Project
from portolan.render import HOME


class Fault(NamedTuple):
    """What a template gets wrong: the same for every page that shows it."""

    path: str
    line: int
    reason: str


def prove(project: Project) -> list[Problem]:
    """All problems of the templates, each with the first page that shows it."""
    found: dict[Fault, str] = {}
    for what, render in _renderings(project):
        if fault := _fault(render):
            found.setdefault(fault, what)
    return [Problem(fault.path, fault.line, "template", f"{fault.reason} ({what})") for fault, what in found.items()]


def _renderings(project: Project) -> Iterator[tuple[str, Callable[[], object]]]:
    builder = Builder(project, project.settings.default_locale, project.locales)
    for page in single_pages(project, builder.locale.tag):
        yield page.path, partial(builder.single, page)
    yield "root", lambda: list(builder.root())
    yield "block", lambda: list(builder.block(BLOCKS[0], ()))
    for segment in project.chart.segments:
        for number in sorted({segment.first, min(segment.first + 1, segment.last), segment.last}):
            yield f"port {number}", partial(builder.cut, project.chart.facts(number))


def _fault(render: Callable[[], object]) -> Fault | None:
    try:
        render()
    except Exception as error:  # a template can raise anything: 1 // 0, endless recursion
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(f"{HOME}/")]
        if frames:
            return Fault(frames[-1].filename, frames[-1].lineno or 1, _reason(error))
        if isinstance(error, TemplateNotFound):
            return Fault(f"{HOME}/{error.name}", 1, "must exist")
        raise
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"{error.name} must exist"
    return f"{error.args[0]!r} is not given" if isinstance(error, KeyError) else str(error)
