"""The site's settings: ``content/site.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from portolan.locales import SOURCE
from portolan.problem import Problem
from portolan.registry.load import decode
from portolan.registry.types import Line, Url
from portolan.sources import read_text, read_yaml
from portolan.structs import Entry, build

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


def load_settings(root: Path, problems: list[Problem]) -> Settings | None:
    """The settings; ``None`` with every problem noted when they can't be used."""
    text = read_text(root, PATH, problems)
    if text is None:
        return None
    before = len(problems)
    node = read_yaml(text, PATH, problems)
    return build(Settings, node, PATH, 1, problems, decode) if len(problems) == before else None
