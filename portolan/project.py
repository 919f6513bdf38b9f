"""Everything the site is made of, loaded and checked: or every problem at once.

What was read before is kept in ``.cache/``: the whole project as long as nothing changes, and what came of each source
for the time when others did.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import msgspec
from jinja2 import Environment

from portolan import checks, constants, prose, search
from portolan.cache import Cache
from portolan.chart import picture
from portolan.locales import Locale, load_catalogs
from portolan.outlines import Outlines
from portolan.ports import Chart
from portolan.problem import Problem, ProblemsFound
from portolan.prose import Document, Prose, load_documents
from portolan.registry.load import load_registry
from portolan.rows import Rows
from portolan.settings import Settings, load_settings
from portolan.sources import FOLDERS, files, read_text
from portolan.templates import Compiled, Needs, compile_template, environment, needs
from portolan.verdict import Judge

_PACKAGE = Path(__file__).parent
_LIBRARIES = ("babel", "jinja2", "markdown", "markupsafe")  # whose versions may show in a page
_NUMBERS = ("assignments", "pools", "ranges")  # what the constants of prose are computed from
_PLACE = ".cache"

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """The sources in the form that pages are made from.

    ``sources`` maps every file that was read to the digest of its bytes, the generator's own among them, and ``digest``
    names them all; ``code`` names the generator and its libraries. ``prose`` is by locale and slug.
    """

    digest: bytes
    code: bytes
    sources: Mapping[str, bytes]
    settings: Settings
    chart: Chart
    judge: Judge
    locales: Mapping[str, Locale]
    prose: Mapping[str, Mapping[str, Prose]]
    templates: Mapping[str, str]
    compiled: Mapping[str, bytes]
    needs: Mapping[str, Needs]
    assets: Mapping[str, bytes]
    search: bytes
    cache: Cache

    def __getstate__(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # what is cached is derived

    @cached_property
    def environment(self) -> Environment:
        """The templates, ready to be rendered."""
        return environment(self.templates, self.compiled)

    @cached_property
    def content(self) -> bytes:
        """A digest that names everything that the chart follows from."""
        content = (path + digest.hex() for path, digest in self.sources.items() if path.startswith("content/"))
        return _named([self.code.hex(), *content])

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of all ports' pages."""
        return Outlines(self.chart, self.judge, self.cache, self.content)

    @cached_property
    def rows(self) -> Rows:
        """What the index pages of blocks tell of segments."""
        return Rows(self.chart)

    @property
    def asset_paths(self) -> dict[str, str]:
        """Where each asset is published: its name with the hash of its bytes."""
        return {name: _hashed(name, data) for name, data in self.assets.items()}

    def published_at(self, base_url: str) -> Project:
        """The same project under another base URL."""
        return replace(self, settings=msgspec.structs.replace(self.settings, base_url=base_url))


Prove = Callable[[Project, Cache], list[Problem]]


def load_project(root: Path, prove: Prove) -> Project:
    """Load and check everything below ``root``; ``ProblemsFound`` with all problems of all files.

    ``prove`` tells what goes wrong when the templates are rendered, which this module knows nothing of.
    """
    cache = Cache(root / _PLACE)
    sources = dict(_digests(root))
    code = _named(path + digest.hex() for path, digest in sources.items() if path.startswith(f"{_PACKAGE.name}/"))
    code = _named([code.hex(), sys.version, *map(version, _LIBRARIES)])
    digest = _named([code.hex(), *(path + digest.hex() for path, digest in sources.items())])
    project: Project | None = cache.get("project", digest)
    if project is None:
        project = _Loading(root, cache, code, sources, digest).project()
        if problems := prove(project, cache):
            raise ProblemsFound(problems)
        cache.keep("project", digest, project)
        return project
    return replace(project, cache=cache)


class _Loading:
    """Loading, with what was read before remembered file by file."""

    def __init__(self, root: Path, cache: Cache, code: bytes, sources: Mapping[str, bytes], digest: bytes) -> None:
        self._root, self._cache, self._code, self._sources, self._digest = root, cache, code, sources, digest
        self._problems: list[Problem] = []

    def project(self) -> Project:
        """The project, not proven yet; ``ProblemsFound`` with everything that is wrong in its sources."""
        root, problems = self._root, self._problems
        settings = load_settings(root, problems)
        registry = load_registry(root, problems, self._remember)
        documents = load_documents(root, problems)
        catalogs = load_catalogs(root, problems, self._remember)
        templates = _texts(root, "templates", problems)
        assets = {path.name: path.read_bytes() for path in files(root, "assets") if path.parent == root / "assets"}
        articles = {document.slug: document.front.ports for document in documents.values() if document.is_article}
        cited_by = {document.slug: frozenset(checks.citations(document)) for document in documents.values()}
        broken = {problem.path for problem in problems}
        problems += checks.sources(settings, registry, documents, catalogs, broken)
        needed, compiled = self._read(templates)
        chart = None
        if all(checks.whole(f"content/registry/{name}", {*broken, *(p.path for p in problems if p.check == "gap")}) for name in _NUMBERS):
            chart = Chart(registry, articles, cited_by)
            problems += checks.pages(chart, documents)
        if problems or settings is None or chart is None:
            raise ProblemsFound(problems)
        locales = {tag: Locale(tag, catalog) for tag, catalog in catalogs.items()}
        rendered = self._prose(documents, locales, chart)
        titles = {slug: {rendered[tag][slug].title.striptags() for tag in locales} for slug in articles}
        return Project(
            self._digest, self._code, self._sources, settings, chart, Judge(chart.segments), locales, rendered, templates, compiled, needed,
            {**assets, "chart.png": picture(chart)}, search.index(chart, titles), self._cache,
        )  # fmt: skip

    def _remember(self, path: str, load: Callable[[], T]) -> T:
        """What ``load`` makes of the file at ``path``, or made of it before, if there was nothing wrong with it."""
        name, digest = path.replace("/", "-"), _named([self._code.hex(), self._sources.get(path, b"").hex()])
        value: T | None = self._cache.get(name, digest)
        if value is None:
            before = len(self._problems)
            value = load()
            if len(self._problems) == before:
                self._cache.keep(name, digest, value)
        return value

    def _read(self, templates: Mapping[str, str]) -> tuple[Mapping[str, Needs], Mapping[str, bytes]]:
        """What the templates need, and their code; nothing when one of them can't be read."""
        before: dict[tuple[str, str], Compiled] = self._cache.get("templates", self._code) or {}
        now: dict[tuple[str, str], Compiled] = {}
        for name, text in templates.items():
            read = before.get((name, text)) or compile_template(name, text)
            if isinstance(read, Problem):
                self._problems.append(read)
            else:
                now[name, text] = read
        if len(now) < len(templates):
            return {}, {}
        if now.keys() != before.keys():
            self._cache.keep("templates", self._code, now)
        compiled = {name: read for (name, _), read in now.items()}
        return needs(compiled), {name: read.code for name, read in compiled.items()}

    def _prose(self, documents: Mapping[str, Document], locales: Mapping[str, Locale], chart: Chart) -> dict[str, dict[str, Prose]]:
        known = constants.constants(chart)
        rendered = {}
        for tag, locale in locales.items():
            printed = {name: constants.printed(value, locale) for name, value in known.items()}
            markdown = {slug: prose.translate(document, locale, printed.get) for slug, document in documents.items()}
            before: dict[prose.Translated, Prose] = self._cache.get(f"prose-{tag}", self._code) or {}
            now = {text: before.get(text) or prose.render(text, locale) for text in markdown.values()}
            if now.keys() != before.keys():
                self._cache.keep(f"prose-{tag}", self._code, now)
            rendered[tag] = {slug: now[text] for slug, text in markdown.items()}
        return rendered


def _texts(root: Path, folder: str, problems: list[Problem]) -> dict[str, str]:
    texts = {p.relative_to(root / folder).as_posix(): read_text(root, p.relative_to(root).as_posix(), problems) for p in files(root, folder)}
    return {name: text for name, text in texts.items() if text is not None}


def _hashed(name: str, data: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"assets/{stem}.{hashlib.blake2b(data, digest_size=5).hexdigest()}.{suffix}"


def _digests(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every source below ``root`` and every file of the generator, with the digest of its bytes."""
    for home, paths in ((root, files(root, *FOLDERS)), (_PACKAGE.parent, sorted(_PACKAGE.rglob("*.py")))):
        for path in paths:
            yield path.relative_to(home).as_posix(), hashlib.blake2b(path.read_bytes(), digest_size=8).digest()


def _named(parts: Iterable[str]) -> bytes:
    """A digest of 16 bytes that names all the parts, in order."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
