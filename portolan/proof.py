"""Proving the templates before a build: every stencil is cut once and every kind of page rendered once.

What a template gets wrong shows here, with template and line, and not in the middle of a build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time
from typing import NamedTuple

from jinja2 import TemplateNotFound

from portolan.blocks import Builder, single_pages, template_of
from portolan.cache import Cache
from portolan.fingerprints import Fingerprints, digest
from portolan.locales import HOME as LOCALES
from portolan.locales import catalog_path
from portolan.outlines import examples
from portolan.pages import BLOCKS, Block, Page
from portolan.ports import Segment
from portolan.problem import Problem
from portolan.project import Project, named
from portolan.templates import HOME, TemplateFault

_ENOUGH = (
    10.0  # seconds of the processor's time for what fails: after that we no longer look for more
)
_WHOLE = re.compile(
    rb"<!doctype html>.*?<title>\s*[^\s<][^<]*</title>.*?"
    rb"<main\b[^>]*>\s*(?!\s|</main>).*</html>\s*\Z",
    re.DOTALL | re.IGNORECASE,
)


class Fault(NamedTuple):
    """What a template gets wrong: the same for every page that shows it."""

    path: str
    line: int
    reason: str


class NotWhole(Exception):
    """What a template makes is no page."""


class _Rendering(NamedTuple):
    """One thing to be rendered: its fingerprint (nothing if it has none), its template."""

    fingerprint: bytes
    what: str
    template: str
    render: Callable[[], None]


def prove(project: Project, cache: Cache) -> list[Problem]:
    """All problems of the templates, each with the first page that shows it. What was proven before is not proven again."""
    shown = _shown(project)
    if cache.get("proven", shown):
        return []
    proven: frozenset[bytes] = cache.get("proof", project.code) or frozenset()
    sound: set[bytes] = set()
    found: dict[Fault, str] = {}
    spent = 0.0
    for rendering in _renderings(project):
        if rendering.fingerprint in proven:
            sound.add(rendering.fingerprint)
            continue
        started = process_time()
        if fault := _fault(rendering):
            found.setdefault(fault, rendering.what)
            spent += process_time() - started
            if spent > _ENOUGH:
                break
        elif rendering.fingerprint:
            sound.add(rendering.fingerprint)
    if sound != proven:
        cache.keep("proof", project.code, frozenset(sound))
    if not found:
        cache.keep("proven", shown, True)
    return [
        Problem(fault.path, fault.line, "template", f"{fault.reason} ({what})")
        for fault, what in found.items()
    ]


def _shown(project: Project) -> bytes:
    """Names all that is looked at: of catalogs other than the default language's no more than that they are there."""
    own = catalog_path(project.settings.default_locale)
    others = {
        path: b"" for path in project.sources if path.startswith(f"{LOCALES}/") and path != own
    }
    return named(
        [
            project.code.hex(),
            *(path + digest.hex() for path, digest in {**project.sources, **others}.items()),
        ]
    )


def _renderings(project: Project) -> Iterator[_Rendering]:
    builder = Builder(project, project.settings.default_locale, project.locales)
    of_all = Fingerprints(project, project.locales)
    of_all.complete()
    fingerprints = of_all.locale(builder.locale.tag)
    for page in single_pages(project, builder.locale.tag):
        yield _Rendering(
            fingerprints.single(page), page.path, template_of(page), partial(_single, builder, page)
        )
    yield _Rendering(b"", "root", "404.html", partial(_root, builder))
    for block in BLOCKS:
        yield _Rendering(
            fingerprints.block(block),
            f"block {block}",
            "block.html",
            partial(_index, builder, block),
        )
    for segment in project.chart.segments:
        fingerprint = digest([fingerprints.port, fingerprints.segment(segment)])
        ports = f"ports {segment.first}-{segment.last}"
        yield _Rendering(fingerprint, ports, "port.html", partial(_ports, builder, segment))


def _single(builder: Builder, page: Page) -> None:
    _look_at(builder.single(page).data, page.is_html)


def _root(builder: Builder) -> None:
    for file in builder.root():
        if file.path.endswith(".html"):
            _look_at(file.data)


def _index(builder: Builder, block: Block) -> None:
    _look_at(builder.index(block).data)


def _ports(builder: Builder, segment: Segment) -> None:
    for number in examples(segment):
        _look_at(builder.port(number))


def _look_at(data: bytes, is_html: bool = True) -> None:
    """Raise for a page that is none. What is left out is nothing that a template can raise."""
    if is_html and not _WHOLE.match(data):
        raise NotWhole(
            "must make a whole page: <!doctype html>, a <title>, something in <main>, </html>"
        )
    if not data.strip():
        raise NotWhole("must not be empty")


def _fault(rendering: _Rendering) -> Fault | None:
    try:
        rendering.render()
    except TemplateFault as fault:
        problem = fault.problem
        return Fault(problem.path, problem.line, problem.message)
    except TemplateNotFound as error:
        return Fault(f"{HOME}/{error.name}", 1, "must exist")
    except Exception as error:  # what only shows when the pieces are put together
        return Fault(f"{HOME}/{rendering.template}", 1, str(error) or type(error).__name__)
    return None
