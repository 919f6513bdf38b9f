"""Prose: a document in one language as HTML, with citations and computed numbers left open for the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import Markup, escape

from portolan.locales import Gaps

Parts = tuple[str, ...]


class Prose(NamedTuple):
    """A document in one language: its title, and HTML with open places: ``(html, kind, name, html, kind, name, …, html)``.

    ``lead`` is the first paragraph, ``rest`` what comes after it, ``gaps`` what it lacks of a translation.
    """

    title: Markup
    lead: Parts
    rest: Parts
    gaps: Gaps

    @property
    def cited(self) -> list[str]:
        """What the document cites, in order."""
        places = [*zip(self.lead[1::3], self.lead[2::3], strict=True), *zip(self.rest[1::3], self.rest[2::3], strict=True)]
        return [name for kind, name in places if kind == "cite"]

    def brief(self, values: Mapping[str, object]) -> Markup:
        """The first paragraph as plain text, without its citations: for places that hold no markup."""
        return Markup(render(self.lead, values, lambda id: Markup("")).striptags())  # what is escaped stays so


def render(parts: Parts, values: Mapping[str, object], cite: Callable[[str], Markup]) -> Markup:
    """HTML with every value laid in, escaped, and every citation numbered by ``cite(id)``."""
    out = list(parts[:1])
    for kind, name, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        out += (str(escape(values[name])) if kind == "value" else str(cite(name)), text)
    return Markup("".join(out))
