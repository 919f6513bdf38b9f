"""Looking up what an entry cites."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portolan.hints import did_you_mean
from portolan.registry.types import Citation, Reference

# GitHub takes twelve digits of a commit for all forty, which weigh on every page and can't be
# compressed.
_COMMIT = re.compile(r"(?<=/)(blob|commit)/([0-9a-f]{12})[0-9a-f]{28}(?![0-9a-f])")
_RFC = re.compile(
    r"rfc([1-9][0-9]{0,3}|1[0-9]{4})"
)  # some 10,000 there are, and 250 more each year
_DRAFT = re.compile(r"draft(-[a-z0-9]+){2,}")


def short_url(url: str) -> str:
    """The address as pages give it."""
    return _COMMIT.sub(r"\1/\2", url)


class References:
    """The citable sources by id.

    RFCs and Internet-Drafts need no entry: their address follows from their name.
    """

    def __init__(self, references: Iterable[Reference]) -> None:
        self._by_id = {reference.id: reference for reference in references}

    def __contains__(self, cited: str | Citation) -> bool:
        return self._find(cited) is not None

    def __getitem__(self, cited: str | Citation) -> Reference | Citation:
        """The source; ``KeyError`` for an unknown id."""
        if found := self._find(cited):
            return found
        raise KeyError(cited)

    def unknown(self, cited: str) -> str:
        """What is wrong with an id that is none of these."""
        hint = did_you_mean(cited, self._by_id)
        known = "an id in content/registry/references, an RFC (rfc1 to rfc19999) or a draft"
        return f"{cited} must be {known}{hint}"

    def _find(self, cited: str | Citation) -> Reference | Citation | None:
        if isinstance(cited, Citation):
            return cited
        if found := self._by_id.get(cited):
            return found
        if _RFC.fullmatch(cited):
            return Reference(
                id=cited,
                title=f"RFC {cited[3:]}",
                url=f"https://www.rfc-editor.org/rfc/{cited}",
                seen="",
            )
        if _DRAFT.fullmatch(cited):
            return Reference(
                id=cited,
                title=f"Internet-Draft {cited}",
                url=f"https://datatracker.ietf.org/doc/{cited}/",
                seen="",
            )
        return None
