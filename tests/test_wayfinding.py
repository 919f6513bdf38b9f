"""The pages around the ports: what leads to a port, and what readers with other eyes or hands find there."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from portolan.blocks import Builder
from portolan.chart import COLOURS, colour
from portolan.pages import Block, Page
from portolan.project import Project

BLOCKS = (Block(0), Block(5888), Block(49152), Block(60416), Block(65280))


@pytest.fixture
def english(builder: Callable[[str], Builder]) -> Builder:
    return builder("en")


def home(builder: Builder) -> str:
    return builder.single(Page("home", builder.locale.tag)).data.decode()


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_has_an_anchor_and_a_link_for_each_port(block: Block, english: Builder) -> None:
    text = english.index(block).data.decode()
    assert re.findall(r' id="p(\d+)"><a href="../ports/\1.html">\1</a>', text) == [str(port) for port in block.ports]


def test_neighbours_of_which_the_same_is_told_share_a_line(english: Builder) -> None:
    text = english.index(Block(60416)).data.decode()
    assert re.findall(r"<summary>(<b>.*?)</summary>", text) == [
        "<b>60416–60605</b> temporary ports",
        "<b>60607–60671</b> temporary ports",
    ]
    assert text.count("<summary>") < len(re.findall("<li><details>", text)) + 2  # the language menu has one, too


@pytest.mark.parametrize("block", BLOCKS)
def test_the_picture_of_a_block_is_for_eyes_only(block: Block, english: Builder) -> None:
    picture = english.index(block).data.decode().split('<div class="map" aria-hidden="true">')[1].split("</ol></div>")[0]
    assert picture.count("<a ") == picture.count(' tabindex="-1"') == len(block.ports)


def test_a_block_names_what_is_met_before_what_is_registered(english: Builder) -> None:
    line = next(line for line in english.index(Block(256)).data.decode().splitlines() if ' id="p445"' in line)
    assert line.index("Windows file sharing") < line.index("microsoft-ds")


@pytest.mark.parametrize("port", [22, 53, 80, 443, 445, 3306, 8080])
def test_the_ports_of_everyday_are_met_in_practice(port: int, project: Project) -> None:
    assert colour(project.chart.facts(port).segment) == "used"


def test_the_colours_of_the_chart_differ_in_lightness() -> None:
    """Whoever does not tell hues apart tells these apart; 1.2 is what an eye notices side by side."""
    levels = sorted(_luminance(*rgb) for rgb in COLOURS.values())
    assert all((high + 0.05) / (low + 0.05) > 1.2 for low, high in pairwise(levels))


def test_the_colours_of_the_stylesheet_are_those_of_the_chart(project: Project) -> None:
    style = project.assets["style.css"].decode()
    for name, rgb in COLOURS.items():
        written = re.search(rf"--{name}: (?:light-dark\()?#([0-9a-f]{{6}})", style)
        assert written, name
        assert bytes.fromhex(written[1]) == bytes(rgb)


def test_the_chart_costs_few_stops_of_the_tab_key(english: Builder) -> None:
    chart = home(english).split('<div class="chart">')[1].split("</ol></div></div>")[0]
    assert len(re.findall("<a (?![^>]*tabindex)", chart)) == 16
    assert re.findall(r"<li>(\d+)</li>", chart)[:3] == ["0", "4096", "8192"]
    assert 'href="#after-chart"' in home(english)


def test_each_article_stands_among_the_topics(english: Builder, project: Project) -> None:
    topics = home(english).split('<div class="topics">')[1]
    for slug, spans in project.chart.articles.items():
        assert topics.count(f'href="ports/{spans[0].first}.html"') == 1, slug


@pytest.mark.parametrize("id", ["linux", "macos", "windows", "docker", "kubernetes", "freebsd", "openbsd"])
def test_a_systems_page_begins_with_its_contents_and_folds_what_is_rarer(id: str, english: Builder, project: Project) -> None:
    text = english.single(Page("system", "en", id)).data.decode()
    system = next(system for system in project.chart.registry.systems if system.id == id)
    contents = re.findall(r'href="#([^"]+)"', text.split('<nav class="contents"')[1].split("</nav>")[0])
    assert [place for place in contents if place not in ("addresses", "excluded")] == re.findall(r'<section><h2 id="(?!addresses)([^"]+)"', text)
    folded = set(re.findall(r'<details class="command"><summary><h3 id="([^"]+)"', text))
    purposes = {command.purpose for command in system.commands}
    firsts = {next(command.id for command in system.commands if command.purpose == purpose) for purpose in purposes}
    assert folded == {command.id for command in system.commands if not command.primary} - firsts


def test_a_sample_shows_its_lines_whole(english: Builder) -> None:
    text = english.single(Page("system", "en", "linux")).data.decode()
    sample = text.split("<samp>")[1].split("</samp>")[0]
    assert len(re.findall("<span>(.*?)</span>", sample)) == 3
    assert "users:((&#34;node&#34;,pid=9120,fd=18))</span>" in sample


def test_a_range_tells_the_best_known_systems_first(english: Builder) -> None:
    text = english.single(Page("range", "en", "dynamic")).data.decode()
    pools = re.findall(r'id="pool-([^"]+)"', text)
    assert pools[:5] == ["windows", "macos", "linux", "android", "ios"]
    former = text.split("<summary>Former defaults</summary>")[1]
    assert 'id="pool-windows-2003"' in former
    assert 'id="pool-freebsd"' not in former
    assert "49152–65535</bdi> (16,384 ports)" in text


@pytest.mark.parametrize("name", ["404.html", "index.html"])
def test_the_pages_outside_all_languages_have_the_header_of_the_others(name: str, english: Builder) -> None:
    text = next(file.data.decode() for file in english.root() if file.path == name)
    for part in ('<header>', 'role="search"', 'rel="icon"', "/site.", 'name="description"'):
        assert part in text, part


def test_the_page_for_what_is_not_there_links_from_the_root(project: Project) -> None:
    builder = Builder(project.published_at("https://host.example/ports/"), "en", ["en", "de"])
    text = next(file.data.decode() for file in builder.root() if file.path == "404.html")
    links = re.findall(r'(?:href|src|action|data-index)="([^#"]+)', text)
    assert len(links) > 8
    assert [link for link in links if not link.startswith("/ports/")] == []


def _luminance(*rgb: int) -> float:
    """WCAG's relative luminance."""
    linear = [level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4 for level in rgb]
    return sum(share * level for share, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
