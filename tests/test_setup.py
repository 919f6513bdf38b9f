"""The environment: locks that hold what pyproject.toml asks for, both ways to start, schemas that no library's mood changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from portolan.registry.schemas import schemas, write

from .conftest import ROOT
from .projects import small_project

LOCKS = ("requirements.lock", "requirements-lowest.lock")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted() -> Iterator[Requirement]:
    """What pyproject.toml names, our own extras apart."""
    project = PYPROJECT["project"]
    named = [*PYPROJECT["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        named += extra
    yield from (one for one in map(Requirement, named) if one.name != project["name"])


def locked(lock: str) -> dict[str, Version]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE)
    return {name: Version(version) for name, version in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_is_asked_for_each_with_hashes_and_names_no_host(lock: str) -> None:
    versions = locked(lock)
    for one in wanted():
        version = versions.get(canonicalize_name(one.name))
        assert version is not None, f"{one} is not in {lock}: run `make lock`"
        assert version in one.specifier, f"{one} is {version} in {lock}: run `make lock`"
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:]
    assert len(pins) == len(versions)
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert not re.search(r"://|--(?:extra-)?index|--find-links", text)


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    versions = locked("requirements-lowest.lock")
    for one in wanted():
        bounds = [Version(bound.version) for bound in one.specifier if bound.operator == ">="]
        assert len(bounds) == 1, f"{one} must have one lower bound"
        version = versions[canonicalize_name(one.name)]
        assert version.release[: len(bounds[0].release)] == bounds[0].release, f"{one} is {version}: run `make lock`, or raise the bound"


def test_python_m_portolan_does_what_the_script_does() -> None:
    ways = (["build.py"], ["-m", "portolan"])
    for arguments in (["explain", "22"], ["explain", "70000"], ["sail"]):
        runs = [subprocess.run([sys.executable, *way, *arguments], capture_output=True, text=True, cwd=ROOT, check=False) for way in ways]
        script, module = ((run.returncode, run.stdout, run.stderr.replace("python -m portolan", "build.py")) for run in runs)
        assert script == module


def test_schemas_are_fresh() -> None:
    assert write(ROOT, only_look=True) == [], "run `make schemas`"


def test_schemas_take_the_registry_and_refuse_what_the_loader_refuses() -> None:
    uses = msgspec.json.decode(dict(schemas())["content/registry/schema/uses.json"].encode())
    use = uses["$defs"]["Use"]
    assert use["additionalProperties"] is False
    assert "path" not in use["properties"]
    assert {"ports", "transports", "name", "references"} <= set(use["required"])


def test_schemas_are_the_same_however_docstrings_are_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(schemas())
    schema = msgspec.json.schema

    def indented(value: Any) -> Any:
        """With descriptions as they stand in the sources: indented from the second line on."""
        if isinstance(value, list):
            return [indented(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {key: one.replace("\n", "\n    ") + "\n    " if key == "description" and isinstance(one, str) else indented(one)
                for key, one in value.items()}  # fmt: skip

    monkeypatch.setattr(msgspec.json, "schema", lambda *args, **kwargs: indented(schema(*args, **kwargs)))
    assert list(schemas()) == expected


def test_schemas_are_compared_as_data(tmp_path: Path) -> None:
    root = small_project(tmp_path / "project")
    write(root, only_look=False)
    path = root / "content/registry/schema/uses.json"
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    assert write(root, only_look=True) == []
    path.write_text("{}")
    (root / "content/registry/schema/pools.json").write_text("<<<<<<<")
    assert len(write(root, only_look=False)) == 2
    assert write(root, only_look=True) == []
