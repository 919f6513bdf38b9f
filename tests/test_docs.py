"""What the documents say is there is there, and what is there stands in them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from portolan.cli import main
from portolan.registry.types import Use

from .conftest import ROOT

README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def commands(group: click.Group, prefix: str = "build.py") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def test_every_command_and_option_is_in_the_readme() -> None:
    for usage, command in commands(main):
        row = next((line for line in README.splitlines() if line.startswith(f"| `{usage}")), None)
        assert row, f"{usage} is missing from the README"
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) and not parameter.hidden else ():
                assert option in row, f"{usage} {option} is missing from the README"


def test_every_command_in_the_readme_exists() -> None:
    known = {usage for usage, _ in commands(main)}
    for usage in re.findall(r"`(build\.py [a-z]+(?: iana)?)", README + CONTRIBUTING):
        assert usage in known


def test_make_targets_and_documents_agree() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)`", README)) == targets
    assert set(re.findall(r"`make ([a-z]+)`", CONTRIBUTING)) <= targets
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert set(re.findall(r"make ([a-z]+)", listed)) == targets


def test_paths_in_the_documents_exist() -> None:
    for path in set(re.findall(r"`((?:content|templates|locales|tests|portolan|benchmarks|assets|deploy)/[\w./-]*)`", README + CONTRIBUTING)):
        assert (ROOT / path).exists(), path


def test_modules_in_the_readme_are_those_of_the_package() -> None:
    there = {path.stem for path in (ROOT / "portolan").glob("*.py")} - {"__init__", "__main__"}
    house = README.split("imports only from those before it:")[1].split("Licence")[0]
    assert there - set(re.findall(r"[a-z]+", house)) <= {"settings", "progress", "locales"}


def test_the_recipe_for_a_use_is_a_use() -> None:
    recipe = CONTRIBUTING.split("## Add a service")[1].split("\n\n")[2]
    fields = set(re.findall(r"^ {4}[- ] ([a-z]+):", recipe, re.MULTILINE))
    required = {field.name for field in msgspec.structs.fields(Use) if field.required}
    assert required <= fields <= {field.name for field in msgspec.structs.fields(Use)}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"])
def test_documents_are_there_and_name_no_machine(name: str) -> None:
    text = (ROOT / name).read_text()
    assert len(text) > 300
    assert not re.search(r"/(?:home|root|work|Users)/", text)


def test_modules_import_only_what_stands_before_them() -> None:
    """The direction of the arrows, as the README gives it."""
    layers = [
        ["problem", "hints", "characters", "sources", "nodes", "entry", "fields", "kinds", "structs", "files", "keys", "cache", "limit"],
        ["registry"],
        ["messages", "po", "similarity", "merging", "links", "translations", "locales", "catalogs"],
        ["settings", "pages", "ports", "answer", "verdict", "prose", "documents", "constants", "chart", "search", "rows"],
        ["checks", "style", "view", "outlines", "stencil", "templates", "render", "compose", "index"],
        ["project", "reading", "loading", "blocks", "sitemaps", "fingerprints", "proof", "completeness"],
        ["manifest", "records", "presence", "pending", "lock", "folder", "output"],
        ["work", "reasons", "estimate", "pool", "progress", "run"],
        ["verify", "explain", "extract", "staleness", "effects", "preview", "options", "endings", "cli", "__main__"],
    ]
    level = {name: at for at, names in enumerate(layers) for name in names}
    for path in sorted((ROOT / "portolan").rglob("*.py")):
        own = path.relative_to(ROOT / "portolan").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for name in re.findall(r"^\s*from portolan\.(\w+)", Path(path).read_text(), re.MULTILINE):
            assert level[name] <= level[own], f"{path.name} must not import {name}"
