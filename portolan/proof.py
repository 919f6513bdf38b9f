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
from portolan.cache import Cache
from portolan.fingerprints import Fingerprints, digest
from portolan.locales import HOME as LOCALES
from portolan.locales import catalog_path
from portolan.outlines import examples
from portolan.pages import BLOCKS
from portolan.ports import Facts, Segment
from portolan.problem import Problem
from portolan.project import Project, named
from portolan.templates import HOME


class Fault(NamedTuple):
    """What a template gets wrong: the same for every page that shows it."""

    path: str
    line: int
    reason: str


def prove(project: Project, cache: Cache) -> list[Problem]:
    """All problems of the templates, each with the first page that shows it. What was proven before is not proven again."""
    shown = _shown(project)
    if cache.get("proven", shown):
        return []
    proven: frozenset[bytes] = cache.get("proof", project.code) or frozenset()
    sound: set[bytes] = set()
    found: dict[Fault, str] = {}
    for fingerprint, what, render in _renderings(project):
        if fingerprint in proven:
            sound.add(fingerprint)
        elif fault := _fault(render):
            found.setdefault(fault, what)
        elif fingerprint:
            sound.add(fingerprint)
    if sound != proven:
        cache.keep("proof", project.code, frozenset(sound))
    if not found:
        cache.keep("proven", shown, True)
    return [Problem(fault.path, fault.line, "template", f"{fault.reason} ({what})") for fault, what in found.items()]


def _shown(project: Project) -> bytes:
    """Names all that is looked at: of catalogs other than the default language's no more than that they are there."""
    own = catalog_path(project.settings.default_locale)
    others = {path: b"" for path in project.sources if path.startswith(f"{LOCALES}/") and path != own}
    return named([project.code.hex(), *(path + digest.hex() for path, digest in {**project.sources, **others}.items())])


def _renderings(project: Project) -> Iterator[tuple[bytes, str, Callable[[], object]]]:
    """What is rendered, each with its fingerprint."""
    builder = Builder(project, project.settings.default_locale, project.locales)
    of_all = Fingerprints(project, project.locales)
    of_all.complete()
    fingerprints = of_all.locale(builder.locale.tag)
    for page in single_pages(project, builder.locale.tag):
        yield fingerprints.single(page), page.path, partial(builder.single, page)
    yield b"", "root", lambda: list(builder.root())
    for block in BLOCKS:
        yield fingerprints.block(block), f"block {block}", partial(builder.index, block)
    for segment in project.chart.segments:
        yield digest([fingerprints.port, fingerprints.segment(segment)]), f"ports {segment.first}-{segment.last}", partial(_cut, builder, segment)


def _cut(builder: Builder, segment: Segment) -> None:
    for number in examples(segment):
        builder.cut(Facts(number, segment))


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
