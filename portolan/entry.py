"""What stands in a YAML file."""

from __future__ import annotations

import msgspec

PLACES = ("path", "line", "lines")  # filled in by us, never written by hand


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that stands in a YAML file.

    ``path`` and ``line`` say where, ``lines`` which of its fields stand on a line of their own;
    none of them can be written there.
    """

    path: str = ""
    line: int = 0
    lines: tuple[tuple[str, int], ...] = ()

    @property
    def origin(self) -> str:
        """``path:line`` of the entry."""
        return f"{self.path}:{self.line}"

    def line_of(self, field: str) -> int:
        """The line of one of its fields."""
        return next((line for name, line in self.lines if name == field), self.line)
