"""Catalogs in which every message is translated, in a way: what tests look at must not wait for translators."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from portolan import constants, documents, extract
from portolan.catalogs import cldr_plural_forms, load_catalogs
from portolan.locales import SOURCE, Catalog, Locale, Message, catalog_path
from portolan.po import Entry, PoFile, parse
from portolan.project import Project
from portolan.prose import Prose

from .conftest import ROOT


def bracketed(text: str) -> str:
    """A translation that shows what was translated."""
    return f"⟦{text}⟧"


def translate(root: Path, tag: str, spell: Callable[[str], str] = bracketed) -> Path:
    """Write a catalog with a translation of every message of the sources; gives its path."""
    found = re.match(r"nplurals=(\d)", cldr_plural_forms(tag))
    forms = int(found[1]) if found else 2
    header = f"Language: {tag.replace('-', '_')}\nContent-Type: text/plain; charset=utf-8\nPlural-Forms: {cldr_plural_forms(tag)}\n"
    entries = [_translated(entry, forms, spell) for entry in extract.template(root).entries]
    path = root / catalog_path(tag)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(PoFile(Entry(("",), (header,)), entries)), encoding="utf-8")
    return path


def _translated(entry: Entry, forms: int, spell: Callable[[str], str]) -> Entry:
    if len(entry.ids) == 1:
        return replace(entry, strings=(spell(entry.ids[0]),))
    return replace(entry, strings=tuple(spell(entry.ids[min(at, 1)]) for at in range(forms)) if forms > 1 else (spell(entry.ids[1]),))


def all_translated(project: Project, spell: Callable[[str], str] = bracketed) -> Project:
    """Our own project as it would be with every language complete."""
    template, _ = parse((ROOT / extract.POT).read_text(encoding="utf-8"))
    written = documents.load_documents(ROOT, [])
    known = constants.constants(project.chart)
    locales, prose = dict(project.locales), dict(project.prose)
    for tag, catalog in load_catalogs(ROOT, []).items():
        if tag != SOURCE:
            forms = 1 + max(map(Locale(tag, catalog)._form, range(200)))
            entries = (_translated(entry, forms, spell) for entry in template.entries)
            messages = tuple(Message(entry.ids, entry.strings, 1) for entry in entries)
            locales[tag] = Locale(tag, Catalog(catalog.path, catalog.plural, messages))
            prose[tag] = _prose(written, locales[tag], known)
    return replace(project, locales=locales, prose=prose)


def _prose(written: dict[str, documents.Document], locale: Locale, known: dict[str, constants.Constant]) -> dict[str, Prose]:
    printed = {name: constants.printed(value, locale) for name, value in known.items()}
    texts = {slug: documents.translate(document, locale, printed.get) for slug, document in written.items()}
    return {slug: documents.render(text, locale) for slug, text in texts.items()}
