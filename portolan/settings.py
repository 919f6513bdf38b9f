"""The site's settings: ``content/site.yaml``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from portolan.entry import Entry
from portolan.locales import SOURCE
from portolan.registry.types import Line, Url

PATH = "content/site.yaml"
BaseUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#]+/([^\s?#]*/)?$", description="an http(s) URL that ends in /")]
Contact = Annotated[str, msgspec.Meta(pattern=r"^(https://|mailto:)\S+$", description="an https or mailto URL")]


class Feedback(Entry, frozen=True, kw_only=True):
    """Where votes go: to an endpoint that takes them as a form, or else by writing to the contact."""

    endpoint: Url | None = None
    contact: Contact


class Settings(Entry, frozen=True, kw_only=True):
    """What is the maintainer's to decide about the whole site."""

    title: Line
    base_url: BaseUrl
    default_locale: str = SOURCE
    source_url: Url | None = None
    feedback: Feedback
