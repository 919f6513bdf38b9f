"""What is wrong with a source, and where: ``path:line: message (check)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

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
        path, message = (text.replace("\n", "\\n") for text in (self.path, self.message))  # a problem is one line
        warning = "warning: " if self.severity == "warning" else ""
        return f"{path}:{self.line}: {warning}{message} ({self.check})"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those of the problems that stop everything."""
    return [problem for problem in problems if problem.severity == "error"]


class ProblemsFound(Exception):
    """Sources can't be used as they are; carries every problem found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))
