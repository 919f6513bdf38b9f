"""Looking up what an entry cites."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portolan.registry.types import Citation, Reference

# GitHub takes twelve digits of a commit for all forty, which weigh on every page and can't be compressed.
_COMMIT = re.compile(r"(?<=/)(blob|commit)/([0-9a-f]{12})[0-9a-f]{28}(?![0-9a-f])")


def short_url(url: str) -> str:
    """The address as pages give it."""
    return _COMMIT.sub(r"\1/\2", url)


class References:
    """The citable sources by id. RFCs and Internet-Drafts need no entry: their address follows from their name."""

    def __init__(self, references: Iterable[Reference]) -> None:
        self._by_id = {reference.id: reference for reference in references}

    def __contains__(self, cited: str | Citation) -> bool:
        return self._find(cited) is not None

    def __getitem__(self, cited: str | Citation) -> Reference | Citation:
        """The source; ``KeyError`` for an unknown id."""
        if found := self._find(cited):
            return found
        raise KeyError(cited)

    def _find(self, cited: str | Citation) -> Reference | Citation | None:
        if isinstance(cited, Citation):
            return cited
        if found := self._by_id.get(cited):
            return found
        if cited.startswith("rfc") and cited[3:].isdecimal():
            return Reference(id=cited, title=f"RFC {cited[3:]}", url=f"https://www.rfc-editor.org/rfc/{cited}", seen="")
        if cited.startswith("draft-"):
            return Reference(id=cited, title=f"Internet-Draft {cited}", url=f"https://datatracker.ietf.org/doc/{cited}/", seen="")
        return None
