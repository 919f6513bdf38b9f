"""The templates: reading, compiling and knowing beforehand what their pages can show.

Templates run in Jinja's sandbox. Whatever goes wrong in one is a problem with template and line.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, NoReturn

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.ext import extract_from_ast
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from portolan.limit import limited
from portolan.problem import Problem, ProblemsFound
from portolan.sources import CONTROL
from portolan.stencil import HoleError, guard

HOME = "templates"
SECONDS = 5.0  # of the processor's time for one page, which takes milliseconds
_GETTEXT = ("_", "_plain", "_n")
_LARGEST = 10**6  # what a multiplication may come to: letters, items, or the number itself
_MARK = re.compile("\x0e[a-z0-9_.-]+\x0f")


class TemplateFault(ProblemsFound):
    """A template can't be rendered."""

    def __init__(self, problem: Problem) -> None:
        super().__init__([problem])

    def __reduce__(self) -> tuple[type[TemplateFault], tuple[Problem]]:
        return TemplateFault, (self.problem,)

    @property
    def problem(self) -> Problem:
        return self.problems[0]


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


def environment(
    templates: Mapping[str, str], compiled: Mapping[str, bytes] | None = None
) -> Environment:
    """A strict environment over template texts by name: undefined names, and more than printing a hole, are errors.

    ``compiled`` has their code, where they were compiled before.
    """
    env = _Sandbox(
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


class _Template(Template):
    """A template whose rendering ends in a text that can be used, or in ``TemplateFault``."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        try:
            with limited(SECONDS):
                text = super().render(*args, **kwargs)
            _look_at(text)
        except TemplateFault:
            raise
        except Exception as error:  # a template can raise anything: 1 // 0, endless recursion
            path, line = _place(error.__traceback__) or (f"{HOME}/{self.name}", 1)
            raise TemplateFault(Problem(path, line, "template", _reason(error))) from error
        return text


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which also keeps templates from making what no memory can hold."""

    template_class = _Template
    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        one, other = _size(left), _size(right)
        if one * other > _LARGEST if operator == "*" else other > 64 or one > _LARGEST:
            raise SecurityError(f"{operator} must not make what is so large")
        return super().call_binop(context, operator, left, right)

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Leave the traceback as it is.

        Jinja would rewrite it, for minutes where a template has called itself a thousand times.
        """
        raise


def _size(value: Any) -> float:
    if isinstance(value, (int, float)):
        return abs(value)
    return len(value) if isinstance(value, (str, list, tuple)) else 0


def _look_at(text: str) -> None:
    """Raise for a text that no page can have, or whose marks of holes were changed."""
    text.encode()
    if text.count("\x0e") + text.count("\x0f") != 2 * len(_MARK.findall(text)):
        raise HoleError("a hole was changed after it was printed")


def _place(traceback: TracebackType | None) -> tuple[str, int] | None:
    """The last line of a template that an error went through."""
    last = None
    while traceback:
        if "__jinja_template__" in traceback.tb_frame.f_globals:
            last = traceback
        traceback = traceback.tb_next
    if last is None:
        return None
    template: Template = last.tb_frame.f_globals["__jinja_template__"]
    return f"{HOME}/{template.name}", template.get_corresponding_lineno(last.tb_lineno)


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"{error.name} must exist"
    if isinstance(error, UnicodeEncodeError):
        return f"must not make {ascii(error.object[error.start])[1:-1]}, which is no character"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is not given"
    return str(error) or type(error).__name__


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
        return environment.template_class.from_code(
            environment, marshal.loads(self._compiled[name]), globals or {}
        )


class Compiled(NamedTuple):
    """A template that Jinja could read: as code of this Python, and what its own text names."""

    code: bytes
    messages: frozenset[tuple[str, ...]]
    literals: frozenset[str]
    builds_on: frozenset[str]
    calls: tuple[tuple[str, int], ...]  # templates that it certainly runs into, each with the line


def compile_template(name: str, text: str) -> Compiled | Problem:
    """The template, or what is wrong with it."""
    path = f"{HOME}/{name}"
    env = environment({name: text})
    parser = tree = None
    try:
        parser = Parser(env, text, name, path)
        tree = parser.parse()
        if found := _odd_literal(tree):
            return Problem(path, found.lineno, "template", "must not make control characters")
        return _compiled(name, tree, env)
    except TemplateSyntaxError as error:
        return Problem(path, error.lineno, "template", error.message or "can't be read")
    except (
        RecursionError,
        SyntaxError,
        MemoryError,
    ):  # of Jinja, or of Python, which reads what Jinja makes of it
        line = _deepest(tree) if tree else parser.stream.current.lineno if parser else 1
        return Problem(path, line, "template", "must not be nested so deeply")
    except ValueError as error:  # Python refuses to read 4,300 digits
        line = parser.stream.current.lineno if parser else 1
        return Problem(path, line, "template", str(error).partition(";")[0])


def _compiled(name: str, tree: nodes.Template, env: Environment) -> Compiled:
    messages = frozenset(
        _forms(message) for _, _, message in extract_from_ast(tree, _GETTEXT) if message
    )
    literals = frozenset(
        const.value for const in tree.find_all(nodes.Const) if isinstance(const.value, str)
    )
    named = {other for other in meta.find_referenced_templates(tree) if other}
    calls = tuple(_calls(tree))
    code = marshal.dumps(env.compile(tree, name, f"{HOME}/{name}"))
    return Compiled(
        code, messages, literals, literals | named, calls
    )  # the names of parts are literals


def _odd_literal(tree: nodes.Template) -> nodes.Const | None:
    """A text that is none, escaped: a half character, or what the stencils mark holes with."""
    texts = (const for const in tree.find_all(nodes.Const) if isinstance(const.value, str))
    return next(
        (const for const in texts if CONTROL.search(const.value) or not _is_text(const.value)), None
    )


def _is_text(value: str) -> bool:
    return value.encode(errors="ignore").decode() == value


def _deepest(tree: nodes.Template) -> int:
    """The line on which most is nested."""
    most, line = 0, 1
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > most:
            most, line = depth, node.lineno
        waiting += ((child, depth + 1) for child in node.iter_child_nodes())
    return line


def _calls(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """The templates that are named where others are called for, each with its line."""
    called = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport, nodes.Call)
    for node in tree.find_all(called):
        if not isinstance(node, nodes.Call):
            name = node.template  # type: ignore[attr-defined]
        elif isinstance(node.node, nodes.Getattr) and node.node.attr == "part" and node.args:
            name = node.args[0]
        else:
            continue
        names = name.items if isinstance(name, (nodes.List, nodes.Tuple)) else [name]
        yield from ((one.value, node.lineno) for one in names if isinstance(one, nodes.Const))


def circles(compiled: Mapping[str, Compiled]) -> Iterator[Problem]:
    """A template must not come upon itself by way of those that it calls for: that has no end."""
    reached = {
        name: _closure(name, {n: {to for to, _ in c.calls} for n, c in compiled.items()})
        for name in compiled
    }
    for name, template in compiled.items():
        for other, line in template.calls:
            if name in reached.get(other, ()):
                message = (
                    "must not call for itself"
                    if other == name
                    else f"{other} must not lead back here"
                )
                yield Problem(f"{HOME}/{name}", line, "template", message)


NO_NEEDS = Needs((), frozenset(), frozenset())


def needs(compiled: Mapping[str, Compiled]) -> dict[str, Needs]:
    """What each template needs."""
    builds_on = {name: template.builds_on for name, template in compiled.items()}
    return {name: _together(sorted(_closure(name, builds_on)), compiled) for name in compiled}


def _forms(message: str | tuple[str | None, ...]) -> tuple[str, ...]:
    return (
        (message,)
        if isinstance(message, str)
        else tuple(form for form in message[:2] if form is not None)
    )


def _together(names: list[str], compiled: Mapping[str, Compiled]) -> Needs:
    messages = frozenset[tuple[str, ...]]().union(*(compiled[name].messages for name in names))
    return Needs(
        tuple(names), messages, frozenset[str]().union(*(compiled[name].literals for name in names))
    )


def _closure(name: str, leads_to: Mapping[str, Iterable[str]]) -> set[str]:
    """The names that one comes to from ``name``, itself among them."""
    found, waiting = {name}, [name]
    while waiting:
        new = (leads_to.keys() & set(leads_to[waiting.pop()])) - found
        found |= new
        waiting += new
    return found
