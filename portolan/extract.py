"""Messages for translators: taken from templates, prose and registry into ``locales/messages.pot`` and every catalog.

The extractors ``portolan_markdown`` and ``portolan_registry`` are registered with Babel (``pyproject.toml``), so that
``pybabel extract -F pyproject.toml`` finds the same messages.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from babel import Locale as Cldr
from babel.messages.extract import extract_from_file
from babel.util import pathmatch
from jinja2 import TemplateSyntaxError

from portolan import files
from portolan.catalogs import cldr_plural_forms
from portolan.documents import load_documents
from portolan.locales import HOME, SOURCE, catalog_path, locale_tags
from portolan.merging import Counts, merge
from portolan.messages import placeholders
from portolan.po import Entry, PoFile, parse
from portolan.problem import Problem, ProblemsFound
from portolan.registry.load import HOME as REGISTRY
from portolan.registry.load import file_kind, load_file
from portolan.registry.types import translated
from portolan.sources import paths, read_text

POT = f"{HOME}/messages.pot"
KEYWORDS: dict[str, Any] = {"_": None, "_plain": None, "_n": (1, 2)}
_FOLDERS = ("content", "templates")
_TITLE = "# Messages of Portolan. Written by `make messages`; do not edit."
_FIELDS = {
    "Project-Id-Version": "Portolan 1",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
}
_NPLURALS = re.compile(r"nplurals *= *([1-6]) *;")

Extracted = Iterator[tuple[int, str | None, str, list[str]]]


def is_stale(root: Path) -> bool:
    """Whether ``messages.pot`` tells of other messages than the sources."""
    return files.read(root / POT) != str(template(root)).encode()


def update(root: Path, typo: bool = False) -> list[str]:
    """Bring ``messages.pot`` and every catalog up to date; a line about each.

    Every source must have been loaded and found sound before: what can't be read has no messages. ``typo``: what changed means
    the same as before (``merging.merge``). Raises ``ProblemsFound`` before anything is written. Each file is replaced in one
    step, ``messages.pot`` last: it stays stale until all catalogs are done.
    """
    pot = template(root)
    catalogs = {tag: new for tag, (_, new) in merged_catalogs(root, pot, typo).items()}
    for path, catalog in [*((catalog_path(tag), catalog) for tag, catalog in catalogs.items()), (POT, pot)]:
        data = str(catalog).encode()
        if files.read(root / path) != data:
            files.replace(root / path, data)
    return [f"{tag}: {Counts.of(catalog)}" for tag, catalog in catalogs.items()]


def merged_catalogs(root: Path, pot: PoFile, typo: bool = False) -> dict[str, tuple[PoFile, PoFile]]:
    """Each catalog as it is, and as it is to be. Raises ``ProblemsFound``."""
    problems: list[Problem] = []
    merged = {tag: _merged(root, tag, pot, typo, problems) for tag in locale_tags(root) if tag != SOURCE}
    if problems:
        raise ProblemsFound(problems)
    return merged


def template(root: Path) -> PoFile:
    """All messages of the sources, in the order of the files they stand in; ``ProblemsFound`` for sources that can't be read."""
    found: dict[tuple[str | None, str], Entry] = {}
    problems = []
    for name, line, ids, comments, context in _found(root):
        entry = found.setdefault((context, ids[0]), Entry(ids, ("",) * len(ids), line, context))
        if entry.ids != ids:
            problems.append(Problem(name, line, "template", f"{ids[0]!r} must have the same plural everywhere; see {entry.references[0]}"))
        entry.references += [name] if name not in entry.references else []
        entry.extracted += [comment for comment in comments if comment not in entry.extracted]
        entry.flags = ["python-brace-format"] if any(map(placeholders, ids)) else []
    if problems:
        raise ProblemsFound(problems)
    fields = "".join(f"{name}: {value}\n" for name, value in _FIELDS.items())
    return PoFile(Entry(("",), (fields,), comments=[_TITLE]), list(found.values()))


def _found(root: Path) -> Iterator[tuple[str, int, tuple[str, ...], list[str], str | None]]:
    mappings = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    for name in paths(root, [], *_FOLDERS):  # what can't be a source stopped the loading
        path = root / name
        for mapping in mappings:
            if pathmatch(mapping["pattern"], name):
                try:
                    rows = sorted(extract_from_file(mapping["method"], path, KEYWORDS, options=mapping), key=lambda row: row[0])
                except TemplateSyntaxError as error:
                    raise ProblemsFound([Problem(name, error.lineno, "template", error.message or "can't be read")]) from None
                for line, message, comments, context in rows:
                    yield name, line, (message,) if isinstance(message, str) else tuple(message), comments, context


def english(root: Path) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """The English of every message, with its file and line."""
    return ((path, line, texts) for path, line, texts, *_ in _found(root))


def _merged(root: Path, tag: str, pot: PoFile, typo: bool, problems: list[Problem]) -> tuple[PoFile, PoFile]:
    path = catalog_path(tag)
    old, errors = parse(read_text(root, path, problems) or "")
    problems += (Problem(path, error.line, "po", str(error)) for error in errors)
    _complete_header(old, tag)
    forms = _NPLURALS.search(old.fields.get("Plural-Forms", ""))
    return old, merge(old, pot, int(forms[1]) if forms else 2, typo)


def _complete_header(catalog: PoFile, tag: str) -> None:
    """Add what is missing; what stands there is the translators'."""
    locale = Cldr.parse(tag, sep="-")
    wanted = {"Project-Id-Version": _FIELDS["Project-Id-Version"], "Language": str(locale)}
    wanted["Plural-Forms"] = cldr_plural_forms(tag)
    missing = {name: value for name, value in (wanted | _FIELDS).items() if name not in catalog.fields}
    text = catalog.header.strings[0]
    if missing and text and not text.endswith("\n"):
        text += "\n"
    catalog.header.strings = (text + "".join(f"{name}: {value}\n" for name, value in missing.items()),)
    if not text and not catalog.header.comments:
        catalog.header.comments = [f"# {locale.english_name} translation of Portolan."]


def markdown(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]) -> Extracted:
    """Babel's extractor for prose: the title, and every block that is a message."""
    path = Path(fileobj.name)
    root = next(parent for parent in path.resolve().parents if (parent / "content").is_dir())
    problems: list[Problem] = []
    slug = path.resolve().relative_to(root / "content").as_posix().removesuffix(".md")
    document = load_documents(root, problems, only=slug).get(slug)
    if problems:
        raise ProblemsFound(problems)
    if document:
        yield document.front.line, None, document.front.title, []
        yield from ((block.line, None, block.text, []) for block in document.blocks if block.message)


def registry(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]) -> Extracted:
    """Babel's extractor for the registry: the fields of type ``Text``."""
    path = Path(fileobj.name).resolve()
    root = next(parent for parent in path.parents if (parent / REGISTRY).is_dir())
    relative = path.relative_to(root).as_posix()
    kind = file_kind(relative.removeprefix(f"{REGISTRY}/"))
    problems: list[Problem] = []
    entries = list(load_file(root, relative, kind, problems)) if kind else []
    if problems:
        raise ProblemsFound(problems)
    for entry in entries:
        yield from ((line, None, text, []) for line, text in translated(entry))
