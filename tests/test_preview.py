"""The preview: the bytes of a build, fresh after every save, readable when sources are broken, and for nobody else."""

from __future__ import annotations

import asyncio
import http.client
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Error
from playwright.sync_api import Page as Tab

from portolan.blocks import single_pages
from portolan.pages import BLOCKS, Page
from portolan.preview.site import Answer, Site
from portolan.preview.sources import Sources
from portolan.problem import Problem
from portolan.progress import Progress
from portolan.project import Project
from portolan.registry.types import PORTS, Span
from portolan.run import run
from portolan.sources import paths
from portolan.work import Plan

from .conftest import ROOT
from .projects import small_project
from .site_server import chromium

PATIENCE = 60  # seconds until what doesn't come is thought not to come
NAVIGATION = {"Sec-Fetch-Dest": "document"}
USES = "content/registry/uses/all.yaml"
BASE = "templates/base.html"
SETTINGS = "content/site.yaml"
STYLE = "assets/style.css"
SCRIPT = b'<script src="/.preview/reload.js"'
tags = st.sampled_from(["en", "bn", "zh-Hans", "pt-BR"])
pages = st.one_of(
    st.sampled_from([Page(kind) for kind in ("languages", "missing", "robots", "headers", "sitemaps")]),
    st.just(Page("asset", None, "style.0123456789.css")),
    st.builds(lambda part: Page("sitemap", None, part), st.integers(1, 999)),
    st.builds(lambda kind, tag: Page(kind, tag), st.sampled_from(["home", "about", "opensearch", "manifest"]), tags),
    st.builds(Page, st.just("range"), tags, st.sampled_from(["system", "user", "dynamic"])),
    st.builds(Page, st.just("system"), tags, st.sampled_from(["linux", "macos"])),
    st.builds(Page, st.just("article"), tags, st.sampled_from(["articles/ssh", "articles/kafka"])),
    st.builds(Page, st.just("block"), tags, st.sampled_from(BLOCKS)),
    st.builds(Page, st.just("port"), tags, st.integers(0, PORTS - 1)),
)


class Reply(NamedTuple):
    """An answer over HTTP; redirects are not followed."""

    status: int
    headers: dict[str, str]
    body: bytes


class Preview:
    """A running preview of a project."""

    def __init__(self, root: Path, process: subprocess.Popen[str], url: str) -> None:
        self.root, self.process, self.url = root, process, url
        self.port = urlsplit(url).port or 0

    def get(self, path: str, headers: dict[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    @contextmanager
    def events(self) -> Iterator[Callable[[], str]]:
        """What waits for the next version that the preview tells."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/.preview/events")
        stream = connection.getresponse()

        def following() -> str:
            for line in iter(stream.readline, b""):
                if line.startswith(b"data: "):
                    return line.decode().removeprefix("data: ").strip()
            raise EOFError

        try:
            yield following
        finally:
            stream.close()
            connection.close()

    def replace(self, path: str, old: str, new: str) -> None:
        """Save a file as editors do: under another name, then renamed."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        beside = file.with_name(f"{file.name}~")
        beside.write_text(text.replace(old, new, 1), encoding="utf-8")
        beside.replace(file)

    def end(self) -> tuple[int, str, str]:
        """Ctrl-C: exit code, what was told since the address, and what went wrong."""
        self.process.send_signal(signal.SIGINT)
        told, wrong = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, told, wrong


@contextmanager
def previewed(root: Path) -> Iterator[Preview]:
    command: list[str | Path] = [sys.executable, ROOT / "build.py", "--root", root, "preview", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        try:
            yield Preview(root, process, process.stdout.readline().split()[0])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A preview of a small project in two languages."""
    with previewed(small_project(tmp_path_factory.mktemp("preview") / "project", ("en", "de"))) as preview:
        yield preview


@pytest.fixture
def preview(running: Preview) -> Iterator[Preview]:
    """The same, whose sources are whole again afterwards."""
    sound = {path: (running.root / path).read_bytes() for path in (USES, BASE, SETTINGS)}
    yield running
    for path, data in sound.items():
        (running.root / path).write_bytes(data)


@given(pages)
def test_parse_is_the_inverse_of_path(page: Page) -> None:
    assert Page.parse(page.path) == page


@given(st.from_regex(r"(en/)?(ports|blocks|ranges|sitemap-)?/?[0-9٠-٩.-]{0,7}(\.html|\.xml)?", fullmatch=True))
def test_no_other_path_leads_to_a_page(path: str) -> None:
    page = Page.parse(path)
    assert page is None or page.path == path


@pytest.mark.parametrize("path", ["en/ports/65536.html", "en/ports/022.html", "en/ports/-1.html", "en/blocks/1-256.html", "en/blocks/0-256.html"])
def test_no_page_is_made_for_a_number_that_is_none(path: str, project: Project) -> None:
    assert Site(project).answer(path).status == 404


def test_the_bytes_are_those_of_a_build(project: Project, tmp_path: Path) -> None:
    run(Plan(project, tmp_path, project.published, (Span(22, 22), Span(443, 443), Span(60603, 60603)), whole=False), 1, Progress())
    site = Site(project)
    built = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file() and ".portolan" not in path.parts]
    tag = project.published[-1]
    looked_at = [path for path in built if path.split("/")[0] not in {*project.locales} - {"en", tag}]
    assert {page.path for page in single_pages(project, tag)} < set(looked_at)
    assert [path for path in looked_at if site.answer(path)[::2] != (200, (tmp_path / path).read_bytes())] == []
    sitemap = Plan(project, tmp_path, project.published).sitemaps[-1]
    assert site.answer(sitemap.page.path).data == sitemap.data()


def test_folders_lead_to_their_index_and_what_is_not_there_to_the_404_page(preview: Preview) -> None:
    assert preview.get("/").body == preview.get("/index.html").body
    assert preview.get("/en/").body == preview.get("/en/index.html?q=1").body
    assert (preview.get("/en").status, preview.get("/en").headers["location"]) == (307, "/en/")
    missing = preview.get("/404.html")
    for path in ("/nothing", "/en/nothing.html", "/fr/index.html", "/en/articles/kafka.html", "/%2e%2e/%2e%2e/etc/passwd", "/../x", "//en"):
        assert preview.get(path)[::2] == (404, missing.body), path


def test_headers_are_those_of_the_site_but_nothing_is_kept(preview: Preview) -> None:
    told = preview.get("/_headers")
    page = preview.get("/en/ports/22.html")
    for name in ("content-security-policy", "referrer-policy", "x-content-type-options"):
        assert page.headers[name] in told.body.decode()
    for path, kind in (("/en/", "text/html"), ("/_headers", "text/plain"), ("/robots.txt", "text/plain"), ("/sitemap.xml", "application/xml")):
        reply = preview.get(path)
        assert reply.headers["content-type"].split(";")[0] == kind
        assert reply.headers["cache-control"] == "no-store"
    for path in ("/search.js", "/en/ports/22.html", "/nothing", "/en", "/.preview/reload.js", "/.preview/style.css"):
        assert preview.get(path).headers["cross-origin-resource-policy"] == "same-origin"


def test_only_a_browser_that_opens_a_page_gets_the_script(preview: Preview) -> None:
    page = preview.get("/en/ports/22.html")
    for headers in (NAVIGATION, {"Accept": "text/html,*/*"}):  # the latter from another machine, without TLS
        opened = preview.get("/en/ports/22.html", headers)
        before, script, after = opened.body.partition(SCRIPT)
        assert script
        assert before + after.partition(b"</script>\n")[2] == page.body
        assert opened.headers["content-security-policy"] == page.headers["content-security-policy"] + "; connect-src 'self'"
    assert SCRIPT not in preview.get("/en/ports/22.html", {"Sec-Fetch-Dest": "empty", "Accept": "text/html"}).body
    assert SCRIPT not in preview.get("/robots.txt", NAVIGATION).body
    assert SCRIPT in preview.get("/nothing", NAVIGATION).body


@pytest.mark.parametrize(("host", "status"), [("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:80", 200), ("evil.example", 400), ("", 400)])
def test_only_names_of_this_machine_are_answered(host: str, status: int, preview: Preview) -> None:
    for path in ("/en/", "/.preview/style.css"):
        assert preview.get(path, {"Host": host}).status == status


def test_an_edit_is_told_and_shown_and_so_is_what_it_breaks(preview: Preview) -> None:
    page = "/en/ports/5000.html"
    sound = preview.get(page)
    with preview.events() as following:
        first = following()
        preview.replace(USES, "AirPlay Receiver", "Something Else")
        assert b"Something Else" in preview.get(page).body
        edited = following()
        preview.replace(USES, "ports: 5000", "ports: [5000")
        broken = preview.get(page, NAVIGATION)
        assert broken.status == 500
        assert SCRIPT in broken.body
        for part in (f"{USES}:2", "(yaml)", "<mark><i>2</i>", "ports: [5000"):
            assert part in broken.body.decode()
        assert SCRIPT not in preview.get(page).body
        told = following()
        preview.replace(USES, "ports: [5000", "ports: 5000")
        preview.replace(USES, "Something Else", "AirPlay Receiver")
        assert preview.get(page).body == sound.body
        while (healed := following()) == edited:  # seen between the two saves
            pass
        assert healed == first
        assert len({first, edited, told}) == 3


def test_all_problems_are_told_with_their_lines(preview: Preview) -> None:
    preview.replace(USES, "transports: [tcp]", "transports: [<b>]")
    preview.replace(SETTINGS, "title: Portolan", "title: ")
    page = preview.get("/").body.decode()
    assert "<h1>2 problems</h1>" in page
    assert f"<code>{USES}:2</code>" in page
    assert "<mark><i>2</i>  transports: [&lt;b&gt;]</mark>" in page
    assert f"<code>{SETTINGS}:2</code>" in page


def test_an_error_that_no_check_finds_is_told_as_well(preview: Preview) -> None:
    """The proof of the templates renders one language."""
    preview.replace(BASE, "<footer>", "<footer>{{ 1 // 0 if locale.tag == 'de' }}")
    assert preview.get("/en/").status == 200
    page = preview.get("/de/", NAVIGATION)
    line = (preview.root / BASE).read_text(encoding="utf-8").split("1 // 0")[0].count("\n") + 1
    assert page.status == 500
    assert f"<code>{BASE}:{line}</code>" in page.body.decode()
    assert "integer division or modulo by zero" in page.body.decode()


def test_what_editors_lay_beside_a_file_is_no_source(preview: Preview) -> None:
    before = paths(preview.root, [], "templates", "assets")
    beside = [preview.root / folder / name for folder in ("templates", "assets") for name in (".base.html.swp", "4913", "base.html~", "#base.html#")]
    for path in beside:
        path.write_bytes(b"b0VIM\x00\xff {% nonsense %}")
    assert paths(preview.root, [], "templates", "assets") == before
    assert preview.get("/en/").status == 200
    for path in beside:
        path.unlink()


@pytest.mark.slow
def test_a_browser_reloads_what_changed_and_keeps_its_place(preview: Preview) -> None:
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 500, "height": 400})
        tab.goto(f"{preview.url}en/ports/5000.html")
        tab.evaluate("scrollTo({ top: 300, behavior: 'instant' })")
        preview.replace(USES, "AirPlay Receiver", "Something Else")
        wait(tab, "document.body.innerText.includes('Something Else') && scrollY == 300")
        preview.replace(USES, "ports: 5000", "ports: 70000")
        wait(tab, "document.title.startsWith('1 problem') && scrollY == 0")
        assert f"{USES}:1" in tab.inner_text("main")
        preview.replace(USES, "ports: 70000", "ports: 5000")
        wait(tab, "document.title.startsWith('Port 5000') && scrollY == 300")
        sleep(0.3)  # browsers restore places late
        assert tab.evaluate("scrollY") == 300
        preview.replace(USES, "Something Else", "AirPlay Receiver")
        wait(tab, "document.body.innerText.includes('AirPlay Receiver')")


def wait(tab: Tab, condition: str) -> None:
    """Until a condition holds; Playwright's own way needs eval, which the site's policy forbids."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        try:
            if tab.evaluate(condition):
                return
        except Error:  # it reloads just now
            pass
        sleep(0.02)
    raise TimeoutError(condition)


ENDLESS = "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}"


def test_a_page_without_end_is_told_and_the_next_one_is_answered(preview: Preview) -> None:
    preview.replace(BASE, "<footer>", f"<footer>{{% if locale.tag == 'de' %}}{ENDLESS}{{% endif %}}")
    line = (preview.root / BASE).read_text(encoding="utf-8").split(ENDLESS)[0].count("\n") + 1
    page = preview.get("/de/", NAVIGATION)
    assert page.status == 500
    assert f"<code>{BASE}:{line}</code>" in page.body.decode()
    assert "must come to an end" in page.body.decode()
    assert preview.get("/en/").status == 200
    preview.replace(BASE, ENDLESS, "")
    assert preview.get("/de/").status == 200


def test_what_must_not_be_opened_is_told_and_mended(preview: Preview) -> None:
    before = (preview.root / STYLE).read_bytes()
    (preview.root / STYLE).unlink()
    os.mkfifo(preview.root / STYLE)
    assert f"{STYLE}:1" in preview.get("/en/", NAVIGATION).body.decode()
    assert preview.get("/.preview/style.css").status == 200
    (preview.root / STYLE).unlink()
    (preview.root / STYLE).write_bytes(before)
    assert preview.get("/en/").status == 200


def test_ctrl_c_ends_it_whatever_it_is_doing(tmp_path: Path) -> None:
    def ask(preview: Preview) -> None:
        with suppress(OSError, http.client.HTTPException):
            preview.get("/en/")

    root = small_project(tmp_path / "project")
    base = root / BASE
    base.write_text(base.read_text(encoding="utf-8").replace("<footer>", f"<footer>{ENDLESS}"), encoding="utf-8")
    with previewed(root) as preview:
        asking = Thread(target=ask, args=(preview,))
        asking.start()
        sleep(1)
        started = monotonic()
        assert preview.end()[::2] == (0, "")
        assert monotonic() - started < PATIENCE / 4
        asking.join()


def test_what_stops_answering_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small_project(tmp_path / "project")

    async def ask() -> None:
        sources = Sources(root, print)
        assert isinstance((await sources.answer("en/about.html"))[1], Answer)
        monkeypatch.setattr("portolan.preview.sources._LONGEST", 0.5)
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGSTOP)  # as good as a loop that nothing ends
        stuck = (await sources.answer("en/about.html"))[1]
        assert isinstance(stuck, Problem)
        assert stuck.message.startswith("en/about.html took too long")
        monkeypatch.undo()
        assert isinstance((await sources.answer("en/about.html"))[1], Answer)
        await sources.close()

    asyncio.run(ask())


def test_ctrl_c_ends_it_quietly_and_changes_are_told(tmp_path: Path) -> None:
    with previewed(small_project(tmp_path / "project")) as preview, preview.events() as following:
        following()
        preview.replace(USES, "AirPlay Receiver", "Something Else")
        following()
        preview.replace(USES, "ports: 5000", "ports: 70000")
        following()
        code, told, wrong = preview.end()
    assert (code, wrong) == (0, "")
    changed, broken, problem = told.splitlines()
    assert changed.startswith(f"{USES} changed: reloaded in ")
    assert broken == f"{USES} changed: 1 problem"
    assert problem.startswith(f"{USES}:1: ")


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([sys.executable, ROOT / "build.py", "preview", "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: 127.0.0.1, port {port}: Address already in use; --port chooses another\n"


def test_without_its_libraries_it_tells_what_to_install() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from portolan.cli import main; main(['preview'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: the preview needs uvicorn: pip install -e '.[preview]'\n"
