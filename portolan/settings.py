"""The site's settings: ``content/site.yaml``."""

from __future__ import annotations

from typing import Any

from portolan.entry import Entry
from portolan.fields import BaseUrl, Contact, Endpoint, Name, Url
from portolan.locales import SOURCE

PATH = "content/site.yaml"


class Share(float):
    """A part of a whole, from 0 to 1."""

    @classmethod
    def parse(cls, value: Any) -> Share:
        """Read a share; ``ValueError`` says what it must be."""
        try:
            share = cls(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
        except ValueError:
            share = None
        if share is None or not 0 <= share <= 1:
            raise ValueError(f"must be a share from 0 to 1, such as 0.8, not {value!r}")
        return share


def decode(kind: type, value: Any) -> Any:
    """What YAML doesn't know, for ``structs.build``."""
    if kind is Share:
        return Share.parse(value)
    raise NotImplementedError(kind)


class Feedback(Entry, frozen=True, kw_only=True):
    """Where votes go: to an endpoint that takes them as a form, or else by writing to the contact."""

    endpoint: Endpoint | None = None
    contact: Contact

    @property
    def endpoint_origin(self) -> str | None:
        """Whom pages may send a form to: scheme, host and port, which is all that a policy may name."""
        return "/".join(self.endpoint.split("/")[:3]) if self.endpoint else None


class Settings(Entry, frozen=True, kw_only=True):
    """What is the maintainer's to decide about the whole site.

    ``publish_at``: a language of whose port pages a smaller share is translated is a draft (``completeness``).
    """

    title: Name
    base_url: BaseUrl
    default_locale: str = SOURCE
    source_url: Url | None = None
    publish_at: Share = Share(0.8)
    feedback: Feedback

    @property
    def root(self) -> str:
        """Where the site begins on its host: ``/``, or a folder with slashes around it."""
        return self.base_url[self.base_url.index("/", self.base_url.index("//") + 2) :]
