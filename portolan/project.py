"""Everything the site is made of, loaded and checked: or every problem at once.

A loaded project is kept in ``.cache/`` under a digest of all its inputs, so that nothing is read twice for nothing.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from portolan import checks, constants, prose, search
from portolan.chart import picture
from portolan.locales import Locale, load_catalogs
from portolan.ports import Chart
from portolan.problem import Problem, ProblemsFound
from portolan.prose import Document, Prose, load_documents
from portolan.registry.load import load_registry
from portolan.render import syntax
from portolan.settings import Settings, load_settings
from portolan.sources import FOLDERS, files, read_text
from portolan.verdict import Judge

_PACKAGE = Path(__file__).parent
_NUMBERS = ("assignments", "pools", "ranges")  # what the constants of prose are computed from
_CACHE = Path(".cache") / "project"


@dataclass(frozen=True)
class Project:
    """The sources in the form that pages are made from. ``digest`` names them; ``prose`` is by locale and slug."""

    digest: str
    settings: Settings
    chart: Chart
    judge: Judge
    locales: Mapping[str, Locale]
    prose: Mapping[str, Mapping[str, Prose]]
    templates: Mapping[str, str]
    assets: Mapping[str, bytes]

    @property
    def asset_paths(self) -> dict[str, str]:
        """Where each asset is published: its name with the hash of its bytes."""
        return {name: _hashed(name, data) for name, data in self.assets.items()}

    def published_at(self, base_url: str) -> Project:
        """The same project under another base URL."""
        return replace(self, settings=msgspec.structs.replace(self.settings, base_url=base_url))


def load_project(root: Path, prove: Callable[[Project], list[Problem]]) -> Project:
    """Load and check everything below ``root``; ``ProblemsFound`` with all problems of all files.

    ``prove`` tells what goes wrong when the templates are rendered, which this module knows nothing of.
    """
    digest = _digest(root)
    project = _kept(root, digest)
    if project is None:
        project = _load(root, digest)
        if problems := prove(project):
            raise ProblemsFound(problems)
        _keep(root, project)
    return project


def _load(root: Path, digest: str) -> Project:
    problems: list[Problem] = []
    settings = load_settings(root, problems)
    registry = load_registry(root, problems)
    documents = load_documents(root, problems)
    catalogs = load_catalogs(root, problems)
    templates = _texts(root, "templates", problems)
    assets = {path.name: path.read_bytes() for path in files(root, "assets") if path.parent == root / "assets"}
    broken = {problem.path for problem in problems}
    problems += checks.sources(settings, registry, documents, catalogs, broken)
    problems += syntax(templates)
    articles = {document.slug: document.front.ports for document in documents.values() if document.is_article}
    cited_by = {document.slug: frozenset(checks.citations(document)) for document in documents.values()}
    if all(checks.whole(f"content/registry/{name}", {*broken, *(p.path for p in problems if p.check == "gap")}) for name in _NUMBERS):
        problems += checks.pages(Chart(registry, articles, cited_by), documents)
    if problems or settings is None:
        raise ProblemsFound(problems)
    chart = Chart(registry, articles, cited_by)
    locales = {tag: Locale(tag, catalog) for tag, catalog in catalogs.items()}
    rendered = _prose(documents, locales, chart)
    titles = {slug: {rendered[tag][slug].title.striptags() for tag in locales} for slug in articles}
    assets |= {"chart.png": picture(chart), "search.js": search.index(chart, titles)}
    return Project(digest, settings, chart, Judge(chart.segments), locales, rendered, templates, assets)


def _prose(documents: Mapping[str, Document], locales: Mapping[str, Locale], chart: Chart) -> dict[str, dict[str, Prose]]:
    known = constants.constants(chart)
    rendered = {}
    for tag, locale in locales.items():
        printed = {name: constants.printed(value, locale) for name, value in known.items()}
        rendered[tag] = {slug: prose.translate(document, locale, printed.get) for slug, document in documents.items()}
    return rendered


def _texts(root: Path, folder: str, problems: list[Problem]) -> dict[str, str]:
    paths = [path.relative_to(root).as_posix() for path in files(root, folder)]
    texts = {path.removeprefix(f"{folder}/"): read_text(root, path, problems) for path in paths}
    return {name: text for name, text in texts.items() if text is not None}


def _hashed(name: str, data: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"assets/{stem}.{hashlib.blake2b(data, digest_size=5).hexdigest()}.{suffix}"


def _digest(root: Path) -> str:
    """A name for all the sources and for the code that reads them."""
    whole = hashlib.blake2b(digest_size=16)
    for path in [*files(root, *FOLDERS), *sorted(_PACKAGE.rglob("*.py"))]:
        data = path.read_bytes()
        whole.update(f"{path.relative_to(root if path.is_relative_to(root) else _PACKAGE)}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()


def _kept(root: Path, digest: str) -> Project | None:
    """The project as it was loaded before, if its sources are the same. The cache is ours alone: it is a pickle."""
    gc.disable()  # a hundred thousand new objects and none of them garbage
    try:
        with open(root / _CACHE, "rb") as file:
            if file.readline().decode().strip() == digest:
                project: Project = pickle.load(file)
                return project
    except Exception:  # a cache that can't be read, whyever, is no cache
        pass
    finally:
        gc.enable()
    return None


def _keep(root: Path, project: Project) -> None:
    path = root / _CACHE
    try:
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(f"{project.digest}\n".encode() + pickle.dumps(project, pickle.HIGHEST_PROTOCOL))
        temporary.replace(path)
    except OSError:
        pass  # a read-only checkout builds as well, only without a cache


