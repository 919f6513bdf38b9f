"""A part of the site with a right-to-left language, built and served with the headers that it asks for, and what looks at it."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import pytest
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import Browser, Error, sync_playwright

from portolan.loading import load_project
from portolan.locales import catalog_path
from portolan.progress import Progress
from portolan.project import Project
from portolan.proof import prove
from portolan.registry.types import Span
from portolan.run import default_jobs, run
from portolan.work import Plan

from .projects import copy_of

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / ".cache" / "tools" / "node_modules"
CHROMIUM = Path("/usr/bin/chromium")
LOCALES = ("en", "ar", "bn", "de", "zh-Hans")  # ar is made up here, see pseudo_arabic
PORTS = (Span(0, 1023), Span(8080, 8090), Span(9092, 9092), Span(60603, 60603))
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
# Pages of every kind, by what is special about them; {} is the locale.
KINDS = {
    "home": "{}/index.html",
    "about": "{}/about.html",
    "range of the system ports": "{}/ranges/system.html",
    "range of the user ports": "{}/ranges/user.html",
    "range of the dynamic ports": "{}/ranges/dynamic.html",
    "first block": "{}/blocks/0-255.html",
    "last block": "{}/blocks/60416-60671.html",
    "linux": "{}/systems/linux.html",
    "windows": "{}/systems/windows.html",
    "article": "{}/articles/kafka.html",
    "port 0": "{}/ports/0.html",
    "system port without a use": "{}/ports/27.html",
    "system port with an article": "{}/ports/443.html",
    "port with abuse": "{}/ports/23.html",
    "user port": "{}/ports/8080.html",
    "dynamic port": "{}/ports/60603.html",
}
OUTSIDE = {"languages": "index.html", "404": "de/nothing-here.html"}
# What must survive a translation: code, links' targets, placeholders, citations and acronyms.
_KEPT = re.compile(r"(`[^`]*`|\]\([^)]*\)|\{[^}]*\}|\[\^[^\]]*\]|[A-Z]{2,})|([A-Za-z])")
_ARABIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "ابشدهفجحيجكلمنوبقرستعفوخيز", strict=True))


def missing(what: str) -> NoReturn:
    """What a test needs isn't here: an error in CI, where everything must run, elsewhere a reason to skip."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing: see .ci/run")


def pages(locale: str) -> dict[str, str]:
    """A page of every kind in one language: what is special about it, and its path."""
    return {kind: path.format(locale) for kind, path in KINDS.items()}


def pseudo_arabic(folder: Path) -> None:
    """A catalog below ``folder`` that spells all English in Arabic letters: nobody can read it, but it runs from right to left."""

    def spell(text: str) -> str:
        return _KEPT.sub(lambda match: match[1] or _ARABIC[match[2].lower()], text)

    with open(folder / "locales" / "messages.pot", "rb") as file:
        catalog = read_po(file, locale="ar")
    for message in catalog:
        if message.id:
            forms = [message.id] if isinstance(message.id, str) else [message.id[0], *message.id[1:] * (catalog.num_plurals - 1)]
            spelled = [spell(form) for form in forms]
            message.string = spelled[0] if isinstance(message.id, str) else tuple(spelled)
    catalog.fuzzy = False
    path = folder / catalog_path("ar")
    path.parent.mkdir(parents=True)
    with open(path, "wb") as target:
        write_po(target, catalog)


def build(folder: Path, ports: tuple[Span, ...] = PORTS, locales: tuple[str, ...] = LOCALES) -> Project:
    """The project in Arabic as well, its pages of ``ports`` in ``locales`` built into ``folder``/site."""
    pseudo_arabic(copy_of(ROOT, folder))
    project = load_project(folder, prove)
    run(Plan(project, folder / "site", locales, ports, whole=False), default_jobs(), Progress())
    return project


class Site:
    """A folder on a local server that does what ``_headers`` and ``404.html`` say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.headers: list[tuple[str, str, str]] = []
        pattern = ""
        for line in (folder / "_headers").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                name, _, value = line.strip().partition(": ")
                self.headers.append((pattern, name, value))
            else:
                pattern = line.strip()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    @contextmanager
    def served(self) -> Iterator[Site]:
        thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805, the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                file = site.folder / path.lstrip("/")
                file = file / "index.html" if file.is_dir() else file
                found = file.is_file() and file.resolve().is_relative_to(site.folder.resolve())
                file = file if found else site.folder / "404.html"
                data = file.read_bytes()
                kind = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}.get(file.suffix) or mimetypes.guess_type(file.name)[0]
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", kind or "application/octet-stream")
                self.send_header("Content-Length", str(len(data)))
                for pattern, name, value in site.headers:
                    if fnmatchcase(path, pattern):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """In silence."""

        return Handler


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if not CHROMIUM.exists():
        missing(str(CHROMIUM))
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        except Error as error:
            missing(f"a Chromium that starts ({error.message.splitlines()[0]})")
        try:
            yield browser
        finally:
            browser.close()


def axe() -> str:
    """The source of axe-core, which looks for barriers."""
    path = TOOLS / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8") if path.exists() else missing("axe-core")


def vnu() -> list[str]:
    """The command of the Nu HTML checker."""
    jar = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
    java = shutil.which("java")
    return [java, "-jar", str(jar)] if java and jar.exists() else missing("java with vnu.jar")
