"""The Jinja environment, and what a template may call.

A ``Sheet`` is one page being written: it translates, cites, links, and remembers what the foot of the page must tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateRuntimeError, TemplateSyntaxError, meta, nodes
from jinja2.ext import extract_from_ast
from markupsafe import Markup

from portolan.locales import Locale
from portolan.messages import fill
from portolan.pages import Page
from portolan.problem import Problem
from portolan.prose import Prose
from portolan.registry.references import References, short_url
from portolan.settings import Settings
from portolan.stencil import guard

HOME = "templates"
_GETTEXT = ("_", "_plain", "_n")


class Needs(NamedTuple):
    """What a template and all that it builds on can show, as far as its text tells: what it does not need can't change its pages.

    ``messages`` are English forms (singular, or singular and plural), ``literals`` all texts that stand in expressions.
    """

    templates: tuple[str, ...]
    messages: frozenset[tuple[str, ...]]
    literals: frozenset[str]

    def document(self, slug: str) -> bool:
        """Whether a document is named: by its slug, or by the folder as in ``"answer/" ~ status``."""
        return slug in self.literals or f"{slug.rpartition('/')[0]}/" in self.literals


def environment(templates: Mapping[str, str]) -> Environment:
    """A strict environment over template texts by name: undefined names, and more than printing a hole, are errors."""

    def load(name: str) -> tuple[str, str, None] | None:
        return (templates[name], f"{HOME}/{name}", None) if name in templates else None

    env = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    guard(env)
    return env


def syntax(templates: Mapping[str, str]) -> Iterator[Problem]:
    """Templates that Jinja can't read."""
    env = environment(templates)
    for name, text in templates.items():
        try:
            env.compile(text, name, f"{HOME}/{name}", raw=True)
        except TemplateSyntaxError as error:
            yield Problem(f"{HOME}/{name}", error.lineno, "template", error.message or "can't be read")


NO_NEEDS = Needs((), frozenset(), frozenset())


def needs(templates: Mapping[str, str]) -> dict[str, Needs]:
    """What each template needs."""
    env = environment(templates)
    trees = {name: env.parse(text, name) for name, text in templates.items()}
    found = {name: _alone(name, tree) for name, tree in trees.items()}
    builds_on = {name: {other for other in meta.find_referenced_templates(tree) if other in trees} for name, tree in trees.items()}
    return {name: _together([found[other] for other in sorted(_closure(name, builds_on))]) for name in templates}


def _alone(name: str, tree: nodes.Template) -> Needs:
    messages = frozenset(_forms(message) for _, _, message in extract_from_ast(tree, _GETTEXT) if message)
    return Needs((name,), messages, frozenset(const.value for const in tree.find_all(nodes.Const) if isinstance(const.value, str)))


def _forms(message: str | tuple[str | None, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(form for form in message[:2] if form is not None)


def _together(all_needs: list[Needs]) -> Needs:
    names, messages, literals = zip(*all_needs, strict=True)
    return Needs(sum(names, ()), frozenset().union(*messages), frozenset().union(*literals))


def _closure(name: str, builds_on: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        new = builds_on[waiting.pop()] - found
        found |= new
        waiting += new
    return found


class Sheet:
    """One page being written, in one locale. Everything public is for templates."""

    def __init__(
        self,
        page: Page,
        locale: Locale,
        *,
        settings: Settings,
        locales: Mapping[str, Locale],
        prose: Mapping[str, Prose],
        references: References,
        assets: Mapping[str, str],
        needs: Needs,
        given: Container[str] = (),
    ) -> None:
        """``needs`` are the template's; ``given`` are the slugs of documents that it gets to show besides those that it names."""
        self.page, self.locale, self.settings = page, locale, settings
        self.locales = locales
        self.stood_in = False
        self._prose, self._references, self._assets, self._needs, self._given = prose, references, assets, needs, given
        self._cited: dict[object, tuple[object, object]] = {}
        self._numbers: dict[object, int] = {}

    # Words

    def text(self, message: str, **values: object) -> Markup:
        """A translated message with its placeholders filled; marked where English stands in."""
        self._declared((message,) in self._needs.messages, message)
        translation = self.locale.translate(message)
        if translation is None:
            self.stood_in = True
            return self.locale.stand_in(fill(message, values))
        return fill(translation, values)

    def plain(self, message: str, **values: object) -> Markup:
        """Like ``text`` for places that hold no markup: attributes and the title."""
        self._declared((message,) in self._needs.messages, message)
        translation = self.locale.translate(message)
        self.stood_in = self.stood_in or translation is None
        return fill(translation or message, values)

    def count(self, singular: str, plural: str, n: int, **values: object) -> Markup:
        """A counted message; ``{n}`` is the number as the locale writes it."""
        self._declared((singular, plural) in self._needs.messages, singular)
        translation = self.locale.plural(singular, plural, n)
        values["n"] = self.locale.number(n)
        if translation is None:
            self.stood_in = True
            return self.locale.stand_in(fill(singular if n == 1 else plural, values))
        return fill(translation, values)

    def phrase(self, message: str) -> Markup:
        """A translated field of the registry."""
        self.stood_in = self.stood_in or self.locale.translate(message) is None
        return self.locale.phrase(message)

    def prose(self, slug: str, **values: object) -> Markup:
        """A document's HTML, citations numbered."""
        return self._document(slug).render(values, lambda id: self.cite((id,)))

    def lead(self, slug: str) -> Markup:
        """How a document begins: as far as its first citation."""
        return self._document(slug).render({}, lambda id: self.cite((id,)), lead_only=True)

    def inline(self, slug: str, **values: object) -> Markup:
        """A document of one paragraph, without the paragraph: for items of a list."""
        return Markup(self.prose(slug, **values).removeprefix("<p>").removesuffix("</p>"))

    def title(self, slug: str) -> Markup:
        """A document's title."""
        return self._document(slug, only_title=True).title

    def _document(self, slug: str, only_title: bool = False) -> Prose:
        self._declared(slug in self._given or self._needs.document(slug), slug)
        prose = self._prose[slug]
        self.stood_in = self.stood_in or not (only_title or prose.complete)
        return prose

    def _declared(self, declared: bool, what: str) -> None:
        """What can change a page must be known from its template's text: only so an edit rebuilds all that it changes."""
        if not declared:
            raise TemplateRuntimeError(f"{what!r} must stand in the template as it is, not be put together")

    def join(self, items: Iterable[object]) -> Markup:
        """A list in words: a, b and c."""
        return self.locale.join(items)

    def number(self, value: int) -> str:
        """A count as the locale writes it."""
        return self.locale.number(value)

    def linked_data(self, heading: object, trail: Iterable[tuple[object, str, object]]) -> Markup:
        """Schema.org's account of a page: its breadcrumb and what kind of article it is."""
        base, locale = self.settings.base_url, self.page.locale
        items = [
            {"@type": "ListItem", "position": at, "name": f"{name}", "item": Page(kind, locale, key).address(base)}
            for at, (name, kind, key) in enumerate(trail, 1)
        ]
        items.append({"@type": "ListItem", "position": len(items) + 1, "name": f"{heading}"})
        article = {"@type": "TechArticle", "headline": f"{heading}"}
        graph = {"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList", "itemListElement": items}, article]}
        return as_json(graph)

    def command(self, command: str, port: object) -> Markup:
        """A command with the port's number laid in."""
        return fill(command, {"port": port})

    # Sources

    def cite(self, cited: Iterable[Any]) -> Markup:
        """The numbers of references, as links to the list at the foot. Each is an id, or a node with key, title and url."""
        return Markup("".join(map(self._cite, cited)))

    def _cite(self, cited: Any) -> str:
        if not hasattr(cited, "key"):
            reference = self._references[cited]
            key, title, url = (cited if isinstance(cited, str) else reference.url), reference.title, short_url(reference.url)
        else:
            key, title, url = cited.key, cited.title, cited.url
        self._cited.setdefault(key, (title, url))
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        return f'<sup><a href="#r{number}">[{number}]</a></sup>'

    def references(self) -> list[tuple[object, object]]:
        """Title and URL of all that was cited so far, in the order of their numbers."""
        return list(self._cited.values())

    # Places

    def to(self, kind: str, key: object = None) -> str:
        """The relative link to a page in this language."""
        return self.page.to(Page(kind, self.page.locale, key))

    def home(self, tag: str) -> str:
        """The relative link to a language's home."""
        return self.page.to(Page("home", tag))

    def translated(self, tag: str) -> str:
        """The relative link to this page in another language."""
        return self.page.to(self.page.translated(tag))

    def asset(self, name: str) -> str:
        """The relative link to a file of ``assets/`` under its hashed name."""
        self._declared(name in self._needs.literals, name)
        return self.page.to_path(self._assets[name])

    def search_index(self) -> str:
        """The relative link to the index of the search box, whose name doesn't change with its content."""
        return self.page.to(Page("search"))

    def address(self) -> str:
        """This page's canonical URL."""
        return self.page.address(self.settings.base_url)


def as_json(value: object) -> Markup:
    """JSON for a data block of HTML: nothing in it can end the block, and the marks of holes stay marks.

    Only holes that print digits and ASCII letters may stand in it (``view.Own``): their values need no escaping.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/").replace("<!", "\\u003c!")
    return Markup(text.replace("\\u000e", "\x0e").replace("\\u000f", "\x0f"))


def context(sheet: Sheet, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The names a template finds: the sheet's words under gettext's short names, and the shared data."""
    words: dict[str, Callable[..., Any]] = {"_": sheet.text, "_plain": sheet.plain, "_n": sheet.count}
    return {**shared, **words, "sheet": sheet, "locale": sheet.locale, "settings": sheet.settings}
