"""What is wrong with a source, and where: ``path:line: message (check)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing a person has to mend. ``path`` is relative to the project's root; ``line`` counts from 1."""

    path: str
    line: int
    check: str
    message: str

    def __str__(self) -> str:
        message = self.message.replace("\n", "\\n")  # of a text that is quoted: a problem is one line
        return f"{self.path}:{self.line}: {message} ({self.check})"


class ProblemsFound(Exception):
    """Sources can't be used as they are; carries every problem found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))
