"""Reading the sources: what came of each is remembered for the time when others change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from portolan import checks, constants, documents, search
from portolan.cache import Cache, Packed
from portolan.catalogs import load_catalogs
from portolan.chart import picture
from portolan.documents import Document, load_documents
from portolan.locales import Locale
from portolan.nodes import read_yaml
from portolan.ports import Chart, Said
from portolan.problem import Problem, ProblemsFound, errors
from portolan.project import Project, content, named
from portolan.prose import Prose
from portolan.registry.load import load_registry
from portolan.registry.types import Registry
from portolan.settings import PATH, Settings, decode
from portolan.sources import decoded, paths, read, read_text
from portolan.structs import build
from portolan.templates import Compiled, Needs, circles, compile_template, needs
from portolan.verdict import Suggestions, free_ports

_NUMBERS = ("assignments", "pools", "ranges")  # what the constants of prose are computed from

_READ = re.compile(
    r"content/(site\.yaml|registry/.+|.+\.md)"
    r"|locales/(messages\.pot|[^/]+/LC_MESSAGES/portolan\.(po|mo))"  # PO editors write the latter
    r"|assets/[^/]+"
)
_TEXTS = (".css", ".js", ".svg", ".txt")  # assets that people write

T = TypeVar("T")


class Reading:
    """Loading, with what was read before remembered file by file."""

    def __init__(
        self, root: Path, cache: Cache, code: bytes, sources: Mapping[str, bytes], digest: bytes,
        problems: list[Problem],
    ) -> None:  # fmt: skip
        """``sources`` has the digest of every source, ``problems`` what was wrong with them so far."""
        self._root, self._cache, self._code, self._sources, self._digest = root, cache, code, sources, digest
        self._problems = problems

    def project(self) -> Project:
        """The project, not proven yet; ``ProblemsFound`` with everything that is wrong in its sources."""
        root, problems = self._root, self._problems
        settings = load_settings(root, problems)
        problems += _unread(root)
        registry = load_registry(root, problems, self._remember)
        written = load_documents(root, problems)
        catalogs = load_catalogs(root, problems, self._remember)
        templates = _texts(root, "templates", problems)
        assets = _assets(root, problems)
        broken = {problem.path for problem in errors(problems)}
        problems += checks.sources(settings, registry, written, catalogs, broken)
        needed, compiled = self._read(templates)
        chart = None
        if all(checks.whole(f"content/registry/{name}", {*broken, *(p.path for p in problems if p.check == "range")}) for name in _NUMBERS):
            chart = chart_of(registry, written)
            known = self._follows("constants", lambda: constants.constants(chart))
            problems += checks.prose_placeholders(known, written)
        if errors(problems) or settings is None or chart is None:
            raise ProblemsFound(problems)
        locales = {tag: Locale(tag, catalog) for tag, catalog in catalogs.items()}
        rendered = self._prose(written, locales, known)
        titles = {slug: sorted({rendered[tag][slug].title.striptags() for tag in locales}) for slug in chart.articles}
        free = free_ports(chart.segments)
        suggestions = self._cache.made("suggestions", named([self._code.hex(), free.hex()]), lambda: Suggestions(free))
        assets["chart.png"] = self._follows("picture", lambda: picture(chart))
        return Project(
            self._digest, self._code, self._sources, settings, chart, suggestions, locales, Packed(rendered), templates, compiled, needed, assets,
            self._follows("search", lambda: search.index(chart, titles), titles), self._cache,
            {slug: tuple(documents.messages(document)) for slug, document in written.items()}, tuple(sorted(set(problems))),
        )  # fmt: skip

    def _follows(self, name: str, make: Callable[[], T], *others: object) -> T:
        """What follows from ``content/`` alone (and ``others``, by what they print), made now or before."""
        return self._cache.made(name, named([content(self._code, self._sources).hex(), repr(others)]), make)

    def _remember(self, path: str, load: Callable[[], T]) -> T:
        """What ``load`` makes of the file at ``path``, or made of it before, if there were no errors in it; its warnings are told anew."""
        if path not in self._sources:  # it can't be read, or came after they were digested
            return load()
        name = path.replace("/", "-")
        digest = named([self._code.hex(), self._sources[path].hex()])
        kept: tuple[T, list[Problem]] | None = self._cache.get(name, digest)
        if kept is None:
            before = len(self._problems)
            kept = load(), self._problems[before:]
            if not errors(kept[1]):
                self._cache.keep(name, digest, kept)
        else:
            self._problems += kept[1]
        return kept[0]

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
        if found := list(circles(compiled)):
            self._problems += found
            return {}, {}
        return needs(compiled), {name: read.code for name, read in compiled.items()}

    def _prose(
        self, written: Mapping[str, Document], locales: Mapping[str, Locale], known: Mapping[str, constants.Constant]
    ) -> dict[str, dict[str, Prose]]:
        rendered = {}
        for tag, locale in locales.items():
            printed = {name: constants.printed(value, locale) for name, value in known.items()}
            markdown = {slug: documents.translate(document, locale, printed.get) for slug, document in written.items()}
            before: dict[documents.Translated, Prose] = self._cache.get(f"prose-{tag}", self._code) or {}
            now = {text: before.get(text) or documents.render(text, locale) for text in markdown.values()}
            if now.keys() != before.keys():
                self._cache.keep(f"prose-{tag}", self._code, now)
            rendered[tag] = {slug: now[text] for slug, text in markdown.items()}
        return rendered


def chart_of(registry: Registry, written: Mapping[str, Document]) -> Chart:
    """The registry by port number, with what the documents add to it."""
    articles = {document.slug: document.front.ports for document in written.values() if document.is_article}
    cited_by = {document.slug: frozenset(checks.citations(document)) for document in written.values()}
    return Chart(registry, articles, cited_by, _said(written))


def _said(written: Mapping[str, Document]) -> dict[str, Said]:
    """What each article says of its ports."""
    fronts = {document.slug: document.front for document in written.values() if document.is_article}
    return {slug: Said(front.kind, front.stance, front.reach) for slug, front in fronts.items()}


def load_settings(root: Path, problems: list[Problem]) -> Settings | None:
    """The settings; ``None`` with every problem noted when they can't be used."""
    text = read_text(root, PATH, problems)
    if text is None:
        return None
    before = len(problems)
    node = read_yaml(text, PATH, problems)
    return build(Settings, node, PATH, 1, problems, decode) if len(problems) == before else None


def _texts(root: Path, folder: str, problems: list[Problem]) -> dict[str, str]:
    there = paths(root, problems, folder)
    texts = {path.removeprefix(f"{folder}/"): read_text(root, path, problems) for path in there}
    return {name: text for name, text in texts.items() if text is not None}


def _assets(root: Path, problems: list[Problem]) -> dict[str, bytes]:
    there = (path for path in paths(root, problems, "assets") if path.count("/") == 1)
    found = {path: read(root, path, problems) for path in there}
    for path, data in found.items():
        if data is not None and path.endswith(_TEXTS):
            decoded(data, path, problems)  # used as it is, but to be looked at
    return {path.removeprefix("assets/"): data for path, data in found.items() if data is not None}


def _unread(root: Path) -> Iterator[Problem]:
    """What lies among the sources and is read by nobody: a name may be misspelt."""
    message = "is read by nobody here; the README tells where what belongs"
    for path in paths(root, [], "content", "locales", "assets"):
        if not _READ.fullmatch(path):
            yield Problem(path, 1, "file", message, "warning")

