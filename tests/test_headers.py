"""The headers of the published site: those that it carries itself, and the same for nginx."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from portolan.blocks import Builder
from portolan.project import Project

from .conftest import ROOT

NGINX = (ROOT / "deploy" / "nginx.conf").read_text()


def policy(project: Project, endpoint: str | None) -> str:
    """The Content-Security-Policy of a site whose votes go to ``endpoint``."""
    feedback = msgspec.structs.replace(project.settings.feedback, endpoint=endpoint)
    project = replace(
        project, settings=msgspec.structs.replace(project.settings, feedback=feedback)
    )
    headers = next(
        file.data.decode()
        for file in Builder(project, "en", ("en",)).root()
        if file.path == "_headers"
    )
    return headers.partition("Content-Security-Policy: ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        (None, "'self'"),
        ("https://votes.example", "'self' https://votes.example"),
        ("https://votes.example/", "'self' https://votes.example"),
        ("https://votes.example:8443/a/b", "'self' https://votes.example:8443"),
    ],
)
def test_the_policy_names_whom_votes_go_to_and_no_more(
    endpoint: str | None, allowed: str, project: Project
) -> None:
    directives = dict(one.strip().split(" ", 1) for one in policy(project, endpoint).split(";"))
    assert directives["form-action"] == allowed
    assert directives["default-src"] == "'none'"


def test_nginx_sends_the_same_headers(project: Project, builder: Callable[[str], Builder]) -> None:
    carried = next(file.data.decode() for file in builder("en").root() if file.path == "_headers")
    sent = dict(re.findall(r'add_header (\S+) "?(.*?)"?(?: always)?;\n', NGINX))
    for name, value in re.findall(
        r"^  (\S+): (.*)$", carried.partition("/assets/*")[0], re.MULTILINE
    ):
        assert sent.pop(name).replace("$ports_endpoint", "") == value
    assert sent == {"Cache-Control": "$ports_cache"}
    assert carried.partition("/assets/*\n  Cache-Control: ")[2].strip() in NGINX


def test_no_location_of_nginx_loses_the_headers() -> None:
    """``add_header`` in a location takes the place of all those around it."""
    for location in re.findall(r"location [^{]*\{([^}]*)\}", NGINX):
        assert "add_header" not in location


def test_the_page_for_what_is_missing_says_nothing_unfinished(
    builder: Callable[[str], Builder],
) -> None:
    page = next(file.data.decode() for file in builder("en").root() if file.path == "404.html")
    for sentence in re.sub(r'="[^"]*"', "", page).split("<")[1:]:
        assert "There is no port" not in sentence
        assert "is here:" not in sentence
    assert page.count("There is no port {port}") >= 1
