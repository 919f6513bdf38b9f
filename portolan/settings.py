"""The site's settings: ``content/site.yaml``."""

from __future__ import annotations

from portolan.entry import Entry
from portolan.fields import BaseUrl, Contact, Endpoint, Name, Url
from portolan.locales import SOURCE

PATH = "content/site.yaml"


class Feedback(Entry, frozen=True, kw_only=True):
    """Where votes go: to an endpoint that takes them as a form, or else by writing to the contact."""

    endpoint: Endpoint | None = None
    contact: Contact

    @property
    def endpoint_origin(self) -> str | None:
        """Whom pages may send a form to: scheme, host and port, which is all that a policy may name."""
        return "/".join(self.endpoint.split("/")[:3]) if self.endpoint else None


class Settings(Entry, frozen=True, kw_only=True):
    """What is the maintainer's to decide about the whole site."""

    title: Name
    base_url: BaseUrl
    default_locale: str = SOURCE
    source_url: Url | None = None
    feedback: Feedback
