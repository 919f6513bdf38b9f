"""How fast does a page come up on a slow phone? Lab figures from headless Chromium: 4 times slower processor, 1.6 Mbit/s, 150 ms.

LCP: when the largest part of the first screen is there; CLS: how much jumps about; TBT: how long the page could not answer.
The test server does not compress, so what is published behind gzip comes up sooner.
"""

from __future__ import annotations

import functools
import http.server
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("en/ports/60603.html", "en/ports/443.html", "bn/ports/443.html", "zh-Hans/ports/8080.html", "en/index.html", "en/blocks/256-511.html")
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
    if not Path(CHROMIUM_PATH).exists():
        print("The pages were not measured: there is no Chromium.")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "build.py"), "build", "--ports", "0-511,8080,60603", "--out", folder, "--quiet"]
        subprocess.run(command, check=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        measure(f"http://127.0.0.1:{server.server_address[1]}/")


def measure(base: str) -> None:
    from playwright.sync_api import sync_playwright

    print(f"{'page':28} {'LCP ms':>8} {'CLS':>8} {'TBT ms':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM)
        for path in PAGES:
            runs = []
            for _ in range(5):
                context = browser.new_context(viewport={"width": 360, "height": 640}, device_scale_factor=2, is_mobile=True, has_touch=True)
                page = context.new_page()
                session = context.new_cdp_session(page)
                session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
                session.send("Network.enable")
                session.send("Network.emulateNetworkConditions", NETWORK)
                page.add_init_script(OBSERVE)
                page.goto(base + path)
                page.wait_for_timeout(800)
                runs.append(page.evaluate("figures"))
                context.close()
            lcp, cls, tbt = (statistics.median(run[name] for run in runs) for name in ("lcp", "cls", "tbt"))
            print(f"{path:28} {lcp:8.0f} {cls:8.3f} {tbt:8.0f}")
        browser.close()


if __name__ == "__main__":
    main()
