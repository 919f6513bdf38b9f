"""Takes pictures of the main kinds of page: ``python -m tests.screenshots [PART]`` puts them into screenshots/, or only
those whose name has PART in it; ``python -m tests.screenshots --readme`` takes the few that the README shows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, ViewportSize

from portolan.locales import locale_tags
from portolan.registry.types import Span

from .site_server import ROOT, Site, build, chromium

PAGES = {
    "home": "index.html",
    "port-60603": "ports/60603.html",
    "port-443": "ports/443.html",
    "block": "blocks/256-511.html",
    "range": "ranges/dynamic.html",
    "system": "systems/linux.html",
    "about": "about.html",
}
SCREENS = {
    "phone": ViewportSize(width=360, height=640),
    "desktop": ViewportSize(width=1280, height=900),
    "window": ViewportSize(width=900, height=640),  # a desktop's, small enough for the README
}
LOCALES = (*locale_tags(ROOT), "ar")  # ar: see site_server.pseudo_arabic


class Shot(NamedTuple):
    page: str
    locale: str
    screen: str
    theme: str

    @property
    def name(self) -> str:
        return "-".join(self)


ALL: tuple[Shot, ...] = tuple(
    Shot(page, locale, screen, theme) for screen, theme, locale, page in product(("phone", "desktop"), ("light", "dark"), LOCALES, PAGES)
)
README: tuple[Shot, ...] = (
    Shot("home", "en", "window", "light"),
    Shot("port-60603", "de", "phone", "light"),
    Shot("port-443", "en", "window", "dark"),
    Shot("port-60603", "bn", "phone", "dark"),
)


def take(folder: Path, shots: Iterable[Shot], whole: bool) -> int:
    """A picture of the first screen and, if asked for, one of the ``whole`` page. Returns how many were taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary, chromium() as browser:
        build(Path(temporary), (Span(443, 443), Span(60603, 60603)), LOCALES)
        with Site(Path(temporary) / "site").served() as site:
            return sum(1 for shot in shots for _ in _pictures(browser, site, shot, folder, whole))


def _pictures(browser: Browser, site: Site, shot: Shot, folder: Path, whole: bool) -> Iterator[Path]:
    page = browser.new_page(viewport=SCREENS[shot.screen], color_scheme="dark" if shot.theme == "dark" else "light")
    page.goto(f"{site.url}{shot.locale}/{PAGES[shot.page]}")
    for name, full in ((shot.name, False), (f"{shot.name}-whole", True))[: 1 + whole]:
        yield folder / f"{name}.png"
        page.screenshot(path=folder / f"{name}.png", full_page=full)
    page.close()


if __name__ == "__main__":
    if "--readme" in sys.argv:
        into, taken = ROOT / "docs" / "screenshots", README
    else:
        part = "".join(sys.argv[1:2])
        into, taken = ROOT / "screenshots", tuple(shot for shot in ALL if part in shot.name)
    print(f"{take(into, taken, whole='--readme' not in sys.argv)} pictures in {into}")
