"""Every rule that looks beyond one kind of source, each a generator of problems.

Its docstring is the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from portolan.documents import Document
from portolan.hints import did_you_mean
from portolan.links import targets
from portolan.locales import Catalog
from portolan.messages import CITATION, placeholders
from portolan.problem import Problem
from portolan.registry.references import References
from portolan.registry.rules import marked, registry_problems
from portolan.registry.types import Pool, Registry, System
from portolan.settings import Settings

# Placeholders that the page of a port fills into its answer; all others are constants of the
# registry.
PAGE_VALUES = frozenset({"names", "port", "transports"})
COMMAND_VALUES = frozenset({"port"})
_CODE = re.compile(r"`[^`]+`")
# An address between angle brackets is Markdown.
_HTML = re.compile(r"</?[A-Za-z](?![^<>]*(?:://|@))[^<>]*>|&(?:[A-Za-z]\w+|#\w+);")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def sources(
    settings: Settings | None,
    registry: Registry,
    documents: Mapping[str, Document],
    catalogs: Mapping[str, Catalog],
    broken: Set[str],
) -> list[Problem]:
    """All rules that need no more than the sources.

    What is missing because its file is ``broken`` is not told again.
    """
    return [
        *(default_locale(settings, catalogs) if whole("locales/", broken) else ()),
        *registry_problems(registry, ranges=whole("content/registry/ranges", broken)),
        *(
            known_references(registry, documents)
            if whole("content/registry/references", broken)
            else ()
        ),
        *commands(registry),
        *articles(documents),
        *links(documents),
        *names(documents),
        *html(documents),
    ]


def whole(prefix: str, broken: Set[str]) -> bool:
    """Whether no file under ``prefix`` is broken: only then can be said what is not in it."""
    return not any(path.startswith(prefix) for path in broken)


def default_locale(settings: Settings | None, catalogs: Mapping[str, Catalog]) -> Iterator[Problem]:
    """The default locale must be one that exists."""
    if settings and catalogs and settings.default_locale not in catalogs:
        given = settings.default_locale
        known = ", ".join(catalogs)
        hint = did_you_mean(given, catalogs)
        message = f"default_locale: must be one of {known}, not {given}{hint}"
        yield Problem(settings.path, settings.line_of("default_locale"), "locale", message)


def known_references(registry: Registry, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """What is cited must be a reference of the registry, an RFC or an Internet-Draft."""
    references = References(registry.references)
    for entry in _citing(registry):
        for cited in entry.references:
            if cited not in references:
                yield Problem(
                    entry.path,
                    entry.line_of("references"),
                    "reference",
                    f"references: {references.unknown(cited)}",
                )
    for document in documents.values():
        for block in document.blocks:
            for id in CITATION.findall(block.text) if block.message else ():
                if id not in references:
                    yield Problem(
                        document.path, block.line, "reference", f"[^{id}]: {references.unknown(id)}"
                    )


def _citing(registry: Registry) -> Iterator[Any]:
    for kind in (
        registry.ranges,
        registry.assignments,
        registry.pools,
        registry.uses,
        registry.abuse,
        registry.blocked,
    ):
        yield from kind
    for system in registry.systems:
        yield from system.commands


def commands(registry: Registry) -> Iterator[Problem]:
    """A command must use no placeholder but {port}."""
    owners: tuple[Pool | System, ...] = (*registry.systems, *registry.pools)
    for owner in owners:
        for entry in owner.commands if isinstance(owner, System) else (*owner.read, *owner.change):
            for field in ("command", "undo", "answer"):
                for name in sorted(
                    {*placeholders(getattr(entry, field, None) or "")} - COMMAND_VALUES
                ):
                    yield Problem(
                        entry.path,
                        entry.line_of(field),
                        "placeholder",
                        f"{field}: {{{name}}} must be {{port}}",
                    )


def articles(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """An article must name its ports, and nothing else may."""
    for document in documents.values():
        if document.is_article != bool(document.front.ports):
            message = "ports: must be given in content/articles, and only there"
            yield Problem(document.path, document.front.line_of("ports"), "article", message)


def names(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """A document must be named by ids, which are the same in every address and on every disk."""
    for document in documents.values():
        for part in document.slug.split("/"):
            if not _ID.fullmatch(part):
                yield Problem(
                    document.path,
                    1,
                    "file",
                    f"must be named by lower-case words joined by hyphens, not {part!r}",
                )


def links(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """A link must be https, mailto or relative to the page, and an image one of the site's own."""
    for document in documents.values():
        for block in document.blocks:
            for target in targets(block.text) if block.message else ():
                if target.is_forbidden:
                    wanted = (
                        "an image must be one of the site's own"
                        if target.image
                        else "a link must be https:, mailto: or relative"
                    )
                    yield Problem(
                        document.path, block.line, "link", f"{wanted}, not {target.address}"
                    )


def html(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """A title must hold no markup, and prose no HTML: tags are shown as they stand, and references
    hide characters.
    """
    for document in documents.values():
        yield from marked(document.front)
        for block in document.blocks:
            for found in _HTML.findall(_CODE.sub("", block.text)) if block.message else ():
                yield Problem(
                    document.path,
                    block.line,
                    "markup",
                    f"must hold no HTML, but Markdown and characters themselves, not {found}",
                )


def citations(document: Document) -> Iterator[str]:
    """The ids that a document cites."""
    for block in document.blocks:
        if block.message:
            yield from CITATION.findall(block.text)


def prose_placeholders(
    constants: Iterable[str], documents: Mapping[str, Document]
) -> Iterator[Problem]:
    """A placeholder of prose must be a constant of the registry or, in an answer, a value that the
    page of a port gives.
    """
    for document in documents.values():
        values = PAGE_VALUES if document.slug.startswith(("answer/", "verdict/")) else frozenset()
        others = f" or one of {', '.join(sorted(values))}" if values else ""
        allowed = f"must be a constant of the registry{others}"
        known = {*constants, *values}
        for block in document.blocks:
            for name in placeholders(block.text) if block.message else ():
                if name not in known:
                    yield Problem(
                        document.path,
                        block.line,
                        "placeholder",
                        f"{{{name}}} {allowed}{did_you_mean(name, known)}",
                    )
