"""The templates: reading, compiling and knowing beforehand what their pages can show."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError, meta, nodes
from jinja2.ext import extract_from_ast

from portolan.problem import Problem
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


def environment(templates: Mapping[str, str], compiled: Mapping[str, bytes] | None = None) -> Environment:
    """A strict environment over template texts by name: undefined names, and more than printing a hole, are errors.

    ``compiled`` has their code, where they were compiled before.
    """
    env = Environment(
        loader=_Loader(templates, compiled or {}),
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


class _Loader(BaseLoader):
    def __init__(self, templates: Mapping[str, str], compiled: Mapping[str, bytes]) -> None:
        self._templates, self._compiled = templates, compiled

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        if template not in self._templates:
            raise TemplateNotFound(template)
        return self._templates[template], f"{HOME}/{template}", None

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:
        if name not in self._compiled:
            return super().load(environment, name, globals)
        return Template.from_code(environment, marshal.loads(self._compiled[name]), globals or {})


class Compiled(NamedTuple):
    """A template that Jinja could read: as code of this Python, and what its own text names."""

    code: bytes
    messages: frozenset[tuple[str, ...]]
    literals: frozenset[str]
    builds_on: frozenset[str]


def compile_template(name: str, text: str) -> Compiled | Problem:
    """The template, or what is wrong with it."""
    env = environment({name: text})
    try:
        code = env.compile(text, name, f"{HOME}/{name}")
        tree = env.parse(text, name)
    except TemplateSyntaxError as error:
        return Problem(f"{HOME}/{name}", error.lineno, "template", error.message or "can't be read")
    messages = frozenset(_forms(message) for _, _, message in extract_from_ast(tree, _GETTEXT) if message)
    literals = frozenset(const.value for const in tree.find_all(nodes.Const) if isinstance(const.value, str))
    named = {other for other in meta.find_referenced_templates(tree) if other}
    return Compiled(marshal.dumps(code), messages, literals, literals | named)  # the names of parts are literals


NO_NEEDS = Needs((), frozenset(), frozenset())


def needs(compiled: Mapping[str, Compiled]) -> dict[str, Needs]:
    """What each template needs."""
    return {name: _together(sorted(_closure(name, compiled)), compiled) for name in compiled}


def _forms(message: str | tuple[str | None, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(form for form in message[:2] if form is not None)


def _together(names: list[str], compiled: Mapping[str, Compiled]) -> Needs:
    messages = frozenset[tuple[str, ...]]().union(*(compiled[name].messages for name in names))
    return Needs(tuple(names), messages, frozenset[str]().union(*(compiled[name].literals for name in names)))


def _closure(name: str, compiled: Mapping[str, Compiled]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        new = (compiled[waiting.pop()].builds_on & compiled.keys()) - found
        found |= new
        waiting += new
    return found
