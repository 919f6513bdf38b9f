"""What is measured, by name."""

from __future__ import annotations

from typing import NamedTuple

PORTS = 65536

OURS, OURS_ALONE = "Portolan", "Portolan, 1 process"
FLOOR, FLOOR_ALONE = "floor", "floor, 1 process"
COPY = "cp -r"
PLAIN = "plain Jinja loop"

CLEAN, COLD = "clean", "clean, cold cache"
GERMAN = "clean, German alone, after an edit of its messages"
GERMAN_AGAIN = "clean (`--clean`) into the same folder, German alone, after an edit of its messages"
AGAIN = "nothing changed"


class Job(NamedTuple):
    """What a run does: the tool, the kind of build, ``tmpfs`` or ``disk``, how many port pages per language, and languages."""

    tool: str
    what: str
    place: str
    pages: int = PORTS
    languages: int = 1

    def __str__(self) -> str:
        return f"{self.tool}, {self.what}, {self.place}, {self.pages:,} pages, {self.languages} language{'s' if self.languages > 1 else ''}"
