"""What the options of commands mean, and which values they refuse."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from portolan.fields import BaseUrl
from portolan.folder import NotOurs
from portolan.kinds import words
from portolan.registry.types import Span
from portolan.run import selection
from portolan.sources import FOLDERS

# Where no site is built into, beside the folders of sources.
_NO_OUTPUT = ("portolan", "tests", "benchmarks", "deploy", "docs", ".git", ".cache", ".venv")


def ports_type(value: str) -> tuple[Span, ...]:
    """``0-1023,8080`` as spans. A function, as click's classes for types are generic in its newest versions only."""
    try:
        return selection(
            Span.parse(int(part) if part.isdecimal() else part)
            for part in value.replace(" ", "").split(",")
        )
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def url_type(value: str) -> str:
    """An http(s) URL; a slash at its end is added."""
    try:
        return msgspec.convert(value if value.endswith("/") else f"{value}/", BaseUrl)
    except msgspec.ValidationError:
        raise click.BadParameter(f"must be {words(BaseUrl)}, not {value!r}") from None


def list_file(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """A file that can be written."""
    if value is not None and (not value.name or not value.parent.is_dir()):
        raise click.BadParameter(f"must name a file in a folder that is there, not {str(value)!r}")
    return value


def no_source(root: Path, folder: Path) -> Path:
    """The folder, unless it lies among the sources. Raises NotOurs."""
    home, place = root.resolve(), folder.resolve()
    for name in (*FOLDERS, *_NO_OUTPUT):
        if place.is_relative_to(home / name):
            raise NotOurs(f"{folder} lies in {name}/, among what the site is made from")
    return folder
