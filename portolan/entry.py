"""What stands in a YAML file."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that stands in a YAML file; ``path`` and ``line`` say where, and can't be written there."""

    path: str = ""
    line: int = 0

    @property
    def origin(self) -> str:
        """``path:line`` of the entry."""
        return f"{self.path}:{self.line}"
