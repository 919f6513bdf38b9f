"""What the tests share: the real project, loaded once, and a builder per locale."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from portolan.blocks import Builder
from portolan.loading import load_project
from portolan.project import Project
from portolan.proof import prove

ROOT = Path(__file__).parent.parent
# What pages lead to in tests, however many languages there are by now, and however complete they are.
MENU = ("en", "bn", "de", "id", "pt", "zh-Hans")


@pytest.fixture(scope="session")
def project() -> Project:
    """The sources of this checkout."""
    return load_project(ROOT, prove)


@pytest.fixture(scope="session")
def builder(project: Project) -> Callable[[str], Builder]:
    """A builder by locale, with a full language menu."""
    return cache(lambda tag: Builder(project, tag, MENU))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="Write the golden pages anew.")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether golden pages are to be written instead of compared."""
    return bool(request.config.getoption("--regenerate"))
