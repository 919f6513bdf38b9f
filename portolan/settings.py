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


class Settings(Entry, frozen=True, kw_only=True):
    """What is the maintainer's to decide about the whole site."""

    title: Name
    base_url: BaseUrl
    default_locale: str = SOURCE
    source_url: Url | None = None
    feedback: Feedback
