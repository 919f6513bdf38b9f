"""What is wrong with a source, and where: ``path:line: message (check)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """One thing a person has to mend. ``path`` is relative to the project's root; ``line`` counts from 1.

    An *error* stops everything; with a *warning* the site can be built, and ``check --strict`` fails.
    """

    path: str
    line: int
    check: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        path, message = map(_printable, (self.path, self.message))
        warning = "warning: " if self.severity == "warning" else ""
        return f"{path}:{self.line}: {warning}{message} ({self.check})"


def _printable(text: str) -> str:
    """``text`` on one line, in characters that UTF-8 has: names of files can be anything."""
    one_line = _BREAKS.sub(lambda found: ascii(found[0])[1:-1], text)
    return one_line.encode(errors="backslashreplace").decode()


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those of the problems that stop everything."""
    return [problem for problem in problems if problem.severity == "error"]


class ProblemsFound(Exception):
    """Sources can't be used as they are; carries every problem found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[Callable[..., ProblemsFound], tuple[object, ...]]:
        return type(self), (self.problems,)  # it may come from another process
