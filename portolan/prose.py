"""Prose: a document in one language as HTML, with citations and computed numbers left open for the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import Markup, escape

from portolan.locales import Gaps


class Prose(NamedTuple):
    """A document in one language: its title, and HTML with open places: ``(html, kind, name, html, kind, name, …, html)``.

    ``lead`` is the first paragraph as far as the first sentence with a citation, ``parts`` the whole, ``gaps`` what it
    lacks of a translation.
    """

    title: Markup
    lead: tuple[str, ...]
    parts: tuple[str, ...]
    gaps: Gaps

    def render(self, values: Mapping[str, object], cite: Callable[[str], Markup], lead_only: bool = False) -> Markup:
        """The HTML with every value laid in, escaped, and every citation numbered by ``cite(id)``."""
        parts = self.lead if lead_only else self.parts
        out = list(parts[:1])
        for kind, name, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            out += (str(escape(values[name])) if kind == "value" else str(cite(name)), text)
        return Markup("".join(out))
