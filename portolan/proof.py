"""Proving the templates before a build: every stencil is cut once and every kind of page rendered once.

What a template gets wrong shows here, with template and line, and not in the middle of a build.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

from jinja2 import TemplateError, TemplateSyntaxError

from portolan.blocks import Builder
from portolan.pages import BLOCKS
from portolan.problem import Problem
from portolan.project import Project
from portolan.render import HOME, environment


def prove(project: Project) -> list[Problem]:
    """All problems of the templates."""
    problems = list(_syntax(project))
    return problems or list(dict.fromkeys(_rendering(project)))


def _syntax(project: Project) -> Iterator[Problem]:
    env = environment(project.templates)
    for name in project.templates:
        try:
            env.get_template(name)
        except TemplateSyntaxError as error:
            yield Problem(f"{HOME}/{error.name or name}", error.lineno, "template", error.message or "can't be read")


def _rendering(project: Project) -> Iterator[Problem]:
    builder = Builder(project, project.settings.default_locale, project.locales)
    yield from _tried("singles", lambda: list(builder.singles()))
    yield from _tried("root", lambda: list(builder.root()))
    yield from _tried("block", lambda: list(builder.block(BLOCKS[0], ())))
    for segment in project.chart.segments:
        for number in {segment.first, min(segment.first + 1, segment.last), segment.last}:
            facts = project.chart.facts(number)
            yield from _tried(f"port {number}", lambda facts=facts: builder.cut(facts))  # type: ignore[misc]


def _tried(what: str, render: Callable[[], object]) -> Iterator[Problem]:
    try:
        render()
    except (TemplateError, KeyError, TypeError, AttributeError, ValueError, LookupError) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(f"{HOME}/")]
        if not frames:
            raise
        reason = f"{error.args[0]!r} is not given" if isinstance(error, KeyError) else str(error)
        yield Problem(frames[-1].filename, frames[-1].lineno or 1, "template", f"{reason} ({what})")
