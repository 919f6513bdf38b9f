"""Messages for translators: taken from templates, prose and registry into ``locales/messages.pot`` and every catalog.

The extractors ``portolan_markdown`` and ``portolan_registry`` are registered with Babel (``pyproject.toml``), so that
``pybabel extract -F pyproject.toml`` finds the same messages.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from babel import Locale as Cldr
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext

from portolan.catalogs import load_catalogs, plural_forms
from portolan.documents import load_documents
from portolan.locales import HOME, SOURCE, catalog_path, locale_tags
from portolan.messages import placeholders
from portolan.problem import Problem, ProblemsFound
from portolan.registry.load import HOME as REGISTRY
from portolan.registry.load import file_kind, load_file
from portolan.registry.types import translated

POT = f"{HOME}/messages.pot"
KEYWORDS: dict[str, Any] = {"_": None, "_plain": None, "_n": (1, 2)}
_WIDTH = 100
# What Babel would write of the day and of itself: it makes files differ that say the same.
_PASSING_FIELDS = b"POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To"
_PASSING = re.compile(rb'^"(?:' + _PASSING_FIELDS + rb'): .*\\n"\n', re.MULTILINE)

Extracted = Iterator[tuple[int, str | None, str, list[str]]]


def extract(root: Path, write: bool) -> bool:
    """Bring ``messages.pot`` up to date (or only look, without ``write``); true when it was stale."""
    problems: list[Problem] = []
    load_documents(root, problems)
    if problems:
        raise ProblemsFound(problems)
    data = _bytes(template(root))
    path = root / POT
    stale = not path.exists() or path.read_bytes() != data
    if stale and write:
        path.write_bytes(data)
    return stale


def template(root: Path) -> Catalog:
    """All messages of the sources, sorted by the files they stand in."""
    header = "# Messages of Portolan. Written by `make messages`; do not edit."
    catalog = Catalog(project="Portolan", version="1", charset="utf-8", header_comment=header)
    methods, options = _mapping()
    found = extract_from_dir(root, methods, options, KEYWORDS)
    for filename, _, message, comments, context in sorted(found, key=lambda f: (f[0], f[1])):
        flags = ["python-brace-format"] if placeholders(str(message)) else []
        catalog.add(message, locations=[(filename.replace("\\", "/"), 0)], flags=flags, auto_comments=comments, context=context)
    return catalog


def merge_all(root: Path) -> Iterator[str]:
    """Bring every catalog up to date with ``messages.pot``; a line about each."""
    problems: list[Problem] = []
    load_catalogs(root, problems)
    if problems:
        raise ProblemsFound(problems)
    pot = read_po(io.BytesIO((root / POT).read_bytes()))
    for tag in locale_tags(root):
        if tag != SOURCE:
            yield _merge(root / catalog_path(tag), tag, pot)


def _merge(path: Path, tag: str, pot: Catalog) -> str:
    locale = Cldr.parse(tag, sep="-")
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=str(locale))
    catalog.project, catalog.version, catalog.charset, catalog.fuzzy = "Portolan", "1", "utf-8", False
    if "ORGANIZATION" in catalog.header_comment:  # Babel's own, of a catalog that is new
        catalog.header_comment = f"# {locale.english_name} translation of Portolan."
        with suppress(ValueError):  # CLDR's rule, for Babel's own table lacks languages; a few can't be said in gettext's terms
            plural_forms(_rule(to_gettext(locale.plural_form)))
            catalog.mime_headers = [("Plural-Forms", to_gettext(locale.plural_form))]
    catalog.update(pot, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    path.write_bytes(_bytes(catalog))
    done = sum(bool(m.id and (all(m.string) if isinstance(m.string, (tuple, list)) else m.string)) and not m.fuzzy for m in catalog)
    return f"{tag}: {done} of {len(catalog)} messages translated"


def _rule(header: str) -> str:
    """The expression in ``nplurals=2; plural=(n != 1);``."""
    return header.partition("; plural=")[2].rstrip(";")


def markdown(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]) -> Extracted:
    """Babel's extractor for prose: the title, and every block that is a message."""
    path = Path(fileobj.name)
    root = next(parent for parent in path.resolve().parents if (parent / "content").is_dir())
    problems: list[Problem] = []
    slug = path.resolve().relative_to(root / "content").as_posix().removesuffix(".md")
    document = load_documents(root, problems, only=slug).get(slug)
    if document:
        yield document.front.line, None, document.front.title, []
        yield from ((block.line, None, block.text, []) for block in document.blocks if block.message)


def registry(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]) -> Extracted:
    """Babel's extractor for the registry: the fields of type ``Text``."""
    path = Path(fileobj.name).resolve()
    root = next(parent for parent in path.parents if (parent / REGISTRY).is_dir())
    relative = path.relative_to(root).as_posix()
    kind = file_kind(relative.removeprefix(f"{REGISTRY}/"))
    for entry in load_file(root, relative, kind, []) if kind else ():
        yield from ((line, None, text, []) for line, text in translated(entry))


def _mapping() -> tuple[list[tuple[str, str]], dict[str, dict[str, Any]]]:
    """Which files are read by which extractor, as ``pyproject.toml`` says."""
    settings = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    mappings = settings["tool"]["babel"]["mappings"]
    return [(m["pattern"], m["method"]) for m in mappings], {}


def _bytes(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=_WIDTH, ignore_obsolete=True, include_lineno=False)
    text = _PASSING.sub(b"", buffer.getvalue())
    return text.replace(b'#, fuzzy\nmsgid ""\nmsgstr ""\n"Project', b'msgid ""\nmsgstr ""\n"Project', 1)
