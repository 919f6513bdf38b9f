"""Takes pictures of the main kinds of page into screenshots/: ``python -m tests.screenshots``."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import ViewportSize

from portolan.registry.types import Span

from .site_server import LOCALES, ROOT, Site, build, chromium

SHOWN = {
    "home": "index.html",
    "port-60603": "ports/60603.html",
    "port-443": "ports/443.html",
    "block": "blocks/256-511.html",
    "range": "ranges/dynamic.html",
    "system": "systems/linux.html",
    "about": "about.html",
}
SCREENS = {"phone": ViewportSize(width=360, height=640), "desktop": ViewportSize(width=1280, height=900)}


def take(folder: Path, only: str = "") -> int:
    """A picture of the first screen and one of the whole page, for every language, screen and theme. Returns how many."""
    taken = 0
    with TemporaryDirectory() as temporary, chromium() as browser:
        build(Path(temporary), (Span(443, 443), Span(60603, 60603)))
        with Site(Path(temporary) / "site").served() as site:
            for (screen, size), theme in product(SCREENS.items(), ("light", "dark")):
                context = browser.new_context(viewport=size, color_scheme="dark" if theme == "dark" else "light")
                page = context.new_page()
                for locale, (name, path) in product(LOCALES, SHOWN.items()):
                    stem = f"{name}-{locale}-{screen}-{theme}"
                    if only not in stem:
                        continue
                    page.goto(f"{site.url}{locale}/{path}")
                    page.screenshot(path=folder / f"{stem}.png")
                    page.screenshot(path=folder / f"{stem}-whole.png", full_page=True)
                    taken += 2
                context.close()
    return taken


if __name__ == "__main__":
    shots = ROOT / "screenshots"
    shots.mkdir(exist_ok=True)
    print(f"{take(shots, *sys.argv[1:2])} pictures in {shots}")
