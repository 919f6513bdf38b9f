"""What the pages are like for a reader on a phone: where things stand, how much is their own, how heavy and how fast they are.

LCP: when the largest part of the first screen is there; CLS: how much jumps about; TBT: how long the page could not answer.
These are lab figures from headless Chromium: 4 times slower processor, 1.6 Mbit/s, 150 ms. The test server does not
compress, so what is published behind gzip comes up sooner.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("en/ports/60603.html", "en/ports/443.html", "bn/ports/443.html", "zh-Hans/ports/8080.html", "en/index.html", "en/blocks/256-511.html")
SPECIFIC = (443, 22, 3306, 5000, 445, 8080)  # what these say must differ
PORTS = (*SPECIFIC, 60603, 40000, 901)
RUN = 4  # so many words in the same order are shared; fewer are grammar
_APART = re.compile(r'<(sup|svg)\b.*?</\1>|<div class="systems">.*?</div>|<code class="line".*?</code>|<ol class="references".*?</ol>', re.DOTALL)
_MARKS = re.compile(r"</?(?:a|b|strong|em|code|q|span|small)\b[^>]*>")
PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
# How far down parts of a port's page begin and end, and how high the page is.
POSITIONS = """
(() => {
  const figures = {};
  for (const [name, part] of [['answer', '.answer'], ['stance', '.stance'], ['seen', '.seen']]) {
    const box = document.querySelector(part).getBoundingClientRect();
    figures[name] = `${Math.round(box.top + scrollY)}–${Math.round(box.bottom + scrollY)}`;
  }
  const chosen = document.querySelector('.systems > input:checked');
  for (const tab of document.querySelectorAll('.systems > input')) {
    tab.checked = true;
    const name = tab.id.slice(3);
    figures[name] = Math.round(document.querySelector(`[data-system=${name}] pre`).getBoundingClientRect().bottom + scrollY);
  }
  chosen.checked = true;
  return {...figures, whole: document.documentElement.scrollHeight};
})()
"""
CHROMIUM_PATH = "/usr/bin/chromium"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
OBSERVE = """
window.figures = {lcp: 0, cls: 0, tbt: 0};
const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note)).observe({type, buffered: true});
watch('largest-contentful-paint', entry => figures.lcp = entry.startTime);
watch('layout-shift', entry => figures.cls += entry.value);
watch('longtask', entry => figures.tbt += Math.max(0, entry.duration - 50));
"""
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = ",".join(["0-511", *map(str, PORTS[2:])])
        command = [sys.executable, str(ROOT / "build.py"), "build", "--ports", built, "--out", name, "--quiet"]
        subprocess.run(command, check=True)
        weigh(folder)
        compare(folder)
        if not Path(CHROMIUM_PATH).exists():
            print("Positions and speed were not measured: there is no Chromium.")
            return
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        look(f"http://127.0.0.1:{server.server_address[1]}/")


def text_of(html: str) -> str:
    """What a port's page says of it: without the commands and their labels, sample lines, marks and titles of sources."""
    article = re.search(r"<article.*?</article>", html, re.DOTALL)
    assert article
    return unescape(_MARKS.sub("", _APART.sub(" ", article[0])))


def words(html: str) -> list[str]:
    """The words of a port's page, in order."""
    return re.findall(r"[^\W_]+(?:’\w+)?", re.sub(r"<[^>]*>", " ", text_of(html)).casefold())


def own(page: Sequence[str], other: Sequence[str]) -> float:
    """The part of a page's words that stand in no run of words which is on the other page, too."""
    runs = {tuple(other[at : at + RUN]) for at in range(len(other) - RUN + 1)}
    shared = {at + step for at in range(len(page) - RUN + 1) if tuple(page[at : at + RUN]) in runs for step in range(RUN)}
    return 1 - len(shared) / len(page)


def sentences(html: str) -> Iterator[str]:
    """The sentences of a port's page; what ends without a full stop is none, nor is the verdict that a card begins with."""
    for part in re.split(r"<[^>]*>", text_of(re.sub(r"<p><strong>.*?</strong>", "<p>", html))):
        yield from re.findall(r"[^.!? ][^.!?]{20,}[.!?](?=\s|$)", " ".join(part.split()))


def weigh(folder: Path) -> None:
    print(f"{'page':28} {'bytes':>8} {'gzipped':>8}")
    for path in (*(f"en/ports/{port}.html" for port in PORTS), *PAGES[2:]):
        data = (folder / path).read_bytes()
        print(f"{path:28} {len(data):8,} {len(gzip.compress(data, 9)):8,}")


def compare(folder: Path) -> None:
    print("\nOf the words of a page, those that are not on the other:")
    found = {port: words((folder / f"en/ports/{port}.html").read_text(encoding="utf-8")) for port in SPECIFIC}
    least = {port: (1.0, port) for port in SPECIFIC}
    for port, other in permutations(SPECIFIC, 2):
        least[port] = min(least[port], (own(found[port], found[other]), other))
    for port, (part, other) in least.items():
        print(f"{port:5}: {part:.0%} at least (from {other}) of {len(found[port])} words")


def look(base: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM)
        place(browser, base)
        measure(browser, base)
        browser.close()


def place(browser: Browser, base: str) -> None:
    print("\nOn a screen 360 wide, in pixels from the top; of each system where its first command ends:")
    page = browser.new_context(**PHONE).new_page()  # type: ignore[arg-type]
    for at, port in enumerate(PORTS):
        page.goto(f"{base}en/ports/{port}.html")
        figures = page.evaluate(POSITIONS)
        if at == 0:
            print(f"{'port':5}", *(f"{name:>10}" for name in figures))
        print(f"{port:5}", *(f"{figure:>10}" for figure in figures.values()))


def measure(browser: Browser, base: str) -> None:
    print(f"\n{'page':28} {'LCP ms':>8} {'CLS':>8} {'TBT ms':>8}")
    for path in PAGES:
        runs = [load(browser, base + path) for _ in range(5)]
        lcp, cls, tbt = (statistics.median(run[name] for run in runs) for name in ("lcp", "cls", "tbt"))
        print(f"{path:28} {lcp:8.0f} {cls:8.3f} {tbt:8.0f}")


def load(browser: Browser, address: str) -> dict[str, float]:
    """The figures of one page, opened for the first time."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.wait_for_timeout(800)
    figures: dict[str, float] = page.evaluate("figures")
    context.close()
    return figures


if __name__ == "__main__":
    main()
