"""The templates: reading, compiling and knowing beforehand what their pages can show."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
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

    ``compiled`` is what ``compile_all`` made of the same texts.
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


def compile_all(templates: Mapping[str, str]) -> dict[str, bytes]:
    """Every template as code of this Python, so that no process needs to compile it again."""
    env = environment(templates)
    return {name: marshal.dumps(env.compile(text, name, f"{HOME}/{name}")) for name, text in templates.items()}


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
    named = {name: {*meta.find_referenced_templates(tree), *found[name].literals} for name, tree in trees.items()}  # parts are literals
    builds_on = {name: {other for other in others if other in trees} for name, others in named.items()}
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
