"""What readers rely on, tried in a browser: search, keys, phones, print, no script, no barriers, nobody told."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from portolan.answer import SITUATIONS

from . import site_server
from .site_server import KINDS, LOCALES, OUTSIDE, Site

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]

LINES = json.loads((Path(__file__).parent / "data" / "lines.json").read_text(encoding="utf-8"))

PHONE = ViewportSize(width=360, height=640)
ANSWERED = 400  # pixels of a phone within which the answer and the stance lie
TRANSLATED = 480  # the same in other languages, whose words are longer and whose lines are higher
COMMAND = 2200  # pixels within which a phone shows the first command
WHOLE = 3400  # of the page of a temporary port
AGENTS = {
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "linux": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
}
PLATFORMS = {"windows": "Win32", "macos": "MacIntel", "linux": "Linux x86_64"}
TABS = ["windows", "macos", "linux"]
WATCH = "addEventListener('securitypolicyviolation', event => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));"
SETTLED = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))"
expect.set_options(timeout=15_000)  # other tests may keep all processors busy
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PHONES = {
    "android": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1",
}

# What lies beside the screen, but for what is inside of something that scrolls.
STICKING_OUT = """
(() => {
  const box = e => e.getBoundingClientRect();
  const inside = e => !box(e).width || (box(e).left > -0.5 && box(e).right < innerWidth + 0.5);
  const scrolls = e => e && ((/auto|scroll/.test(getComputedStyle(e).overflowX) && inside(e)) || scrolls(e.parentElement));
  const out = [...document.body.querySelectorAll('*')].filter(e => !inside(e) && !scrolls(e.parentElement));
  return out.map(e => e.outerHTML.slice(0, 80));
})()
"""
LINES_OF_CODE = "pre => Math.round(pre.firstChild.getBoundingClientRect().height / parseFloat(getComputedStyle(pre).lineHeight))"
COPY_IS_BESIDE_LABEL = """
pre => {
  const button = pre.previousElementSibling.querySelector('.copy').getBoundingClientRect();
  const command = pre.getBoundingClientRect();
  return button.top < command.top && button.bottom <= command.top + 1;
}
"""
# The outline of what has the focus; that of a tab is drawn around its label.
FOCUS = """
(() => {
  const own = document.activeElement;
  const style = getComputedStyle(own.matches('.systems > input') ? own.nextElementSibling : own);
  return [style.outlineStyle, parseFloat(style.outlineWidth)];
})()
"""

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with site_server.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("sources")
    site_server.build(folder)
    with Site(folder / "site").served() as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Open]:
    """Opens a path of the site in a visitor's browser of its own."""
    contexts = []

    def visit(path: str, script: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()


def walk() -> Iterator[str]:
    """A page of every kind in every language, and the pages outside of them."""
    yield from OUTSIDE.values()
    for locale in LOCALES:
        yield from site_server.pages(locale).values()


def listen(page: Page) -> list[str]:
    """What a page asks for from now on; browsers ask for its icon when they like."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/icon." not in request.url else None)
    return asked


def text_of(site: Site, path: str, tag: str) -> str:
    """The text of the first element of a built page."""
    found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", (site.folder / path).read_text(encoding="utf-8"))
    assert found
    return unescape(re.sub("<[^>]+>", "", found[1]))


# Search


def test_slash_leads_to_the_search_and_a_number_to_its_page(site: Site, visit: Open) -> None:
    page = visit("en/ports/443.html")
    page.keyboard.press("/")
    expect(page.locator("[role=search] input")).to_be_focused()
    page.keyboard.type("60603")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/ports/60603.html")
    page.keyboard.press("/")
    page.keyboard.type(":443\n")
    page.wait_for_url("**/en/ports/443.html")


def test_a_name_lists_its_ports_and_the_arrows_choose(visit: Open) -> None:
    page = visit("en/index.html")
    page.keyboard.press("/")
    page.keyboard.type("kafka")
    first = page.locator(".results [role=option]").first
    expect(first).to_contain_text("9092")
    expect(page.locator("[role=search] input")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(page.locator("[role=search] input")).to_have_attribute("aria-activedescendant", "result-0")
    page.keyboard.press("Escape")
    expect(page.locator(".results")).to_be_hidden()
    page.locator("[role=search] input").fill("kafka")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/ports/9092.html")


def test_a_hit_can_be_clicked(visit: Open) -> None:
    page = visit("de/ports/60603.html")
    page.locator("[role=search] input").fill("kafka")
    page.locator(".results [role=option]").first.click()
    page.wait_for_url("**/de/ports/9092.html")


@pytest.mark.parametrize("locale", ["bn", "zh-Hans", "ar"])
def test_titles_of_all_languages_are_found(locale: str, site: Site, visit: Open) -> None:
    articles = sorted((site.folder / locale / "articles").glob("*.html"))
    titles = {path: text_of(site, f"{locale}/articles/{path.name}", "small") for path in articles}
    path, title = next((path, title) for path, title in titles.items() if not title.isascii())
    port = re.search(r"ports/(\d+)\.html", path.read_text(encoding="utf-8").partition("<h1>")[2])
    assert port
    page = visit("en/index.html")
    page.locator("[role=search] input").fill(title)
    expect(page.locator(".results [role=option]").first).to_contain_text(port[1])


def test_what_is_not_found_is_said(visit: Open) -> None:
    page = visit("en/ports/443.html")
    page.locator("[role=search] input").fill("no such thing")
    expect(page.locator(".results")).to_have_text("Nothing found")
    page.keyboard.press("Enter")
    assert page.url.endswith("/en/ports/443.html")


def test_the_index_is_loaded_when_it_is_first_needed_and_once(visit: Open) -> None:
    page = visit("en/ports/443.html")
    asked = listen(page)
    page.locator("[role=search] input").focus()
    page.wait_for_timeout(100)
    assert asked == []
    for name in ("60603", "kafka", "ssh", "nothing at all"):
        page.locator("[role=search] input").fill(name)
        expect(page.locator(".results b").first if "nothing" not in name else page.get_by_text("Nothing found")).to_be_visible()
    assert [re.sub(r".*/|\.[0-9a-f]+", "", url) for url in asked] == ["search.js"]


def test_a_number_needs_no_index(visit: Open) -> None:
    page = visit("en/ports/443.html")
    page.route("**/search.js", lambda route: route.abort())
    page.locator("[role=search] input").fill("60603")
    expect(page.locator(".results [role=option]")).to_have_text("60603")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/ports/60603.html")


def test_the_browsers_own_search_leads_to_the_page(visit: Open) -> None:
    visit("en/index.html?q=443").wait_for_url("**/en/ports/443.html")
    visit("en/index.html?q=kafka").wait_for_url("**/en/ports/9092.html")


# Comfort


def test_a_command_is_copied_without_prompt(visit: Open) -> None:
    page = visit("en/ports/60603.html", permissions=["clipboard-read", "clipboard-write"])
    code, button = page.locator("pre > code:visible").first, page.locator(".copy:visible").first
    button.click()
    expect(button).to_contain_text("✓")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == code.text_content()
    assert "60603" in copied
    assert not re.match(r"\s|[$#>] |PS ", copied)


@pytest.mark.parametrize("viewport", [PHONE, ViewportSize(width=1280, height=800)], ids=["phone", "desktop"])
def test_commands_scroll_and_the_buttons_stand_beside_their_labels(viewport: ViewportSize, visit: Open) -> None:
    page = visit("en/ports/60603.html", viewport=viewport)
    wide = 0
    for tab in TABS:
        page.locator(f"label[for=on-{tab}]").click()
        for pre in page.locator(f"[data-system={tab}] pre").all():
            assert pre.evaluate(LINES_OF_CODE) == 1, "a command must not be broken"
            assert pre.evaluate(COPY_IS_BESIDE_LABEL)
            if pre.evaluate("e => e.scrollWidth > e.clientWidth"):
                wide += 1
                expect(pre).to_have_attribute("tabindex", "0")
    assert wide or viewport is not PHONE


def test_the_theme_is_the_systems_or_light_or_dark_and_is_kept(visit: Open) -> None:
    def dark() -> bool:
        red = page.evaluate("+getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        return bool(red < 128)

    page = visit("en/ports/443.html", color_scheme="dark")
    button = page.locator("header > button")
    told = [button.get_attribute("aria-label")]
    assert dark()
    page.emulate_media(color_scheme="light")
    assert not dark()
    page.emulate_media(color_scheme="dark")
    for wanted in (False, True):
        button.click()
        told.append(button.get_attribute("aria-label"))
        assert dark() == wanted
        page.emulate_media(color_scheme="light" if wanted else "dark")
        for path in ("en/ports/443.html", "en/index.html"):
            page.goto(path)
            assert dark() == wanted
    button.click()
    assert button.get_attribute("aria-label") == told[0]
    assert not dark()
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert dark()
    assert len({*told}) == 3, "each state has a name"


def pretend(system: str) -> str:
    """A script that gives the browser the platform of a system."""
    return f"Object.defineProperties(Navigator.prototype, {{platform: {{value: '{PLATFORMS[system]}'}}, userAgentData: {{value: undefined}}}})"


def shown(page: Page) -> list[str]:
    """The systems whose commands are to be seen."""
    return [section.get_attribute("data-system") or "" for section in page.locator(".systems > section").all() if section.is_visible()]


@pytest.mark.parametrize("system", AGENTS)
def test_ones_own_system_is_shown(system: str, visit: Open) -> None:
    page = visit("en/ports/60603.html", pretend(system), user_agent=AGENTS[system])
    assert shown(page) == [system]
    assert [tab.get_attribute("id") for tab in page.locator(".systems > input").all()] == [f"on-{tab}" for tab in TABS]


def test_a_chosen_system_is_remembered(visit: Open) -> None:
    page = visit("en/ports/60603.html", pretend("linux"), user_agent=AGENTS["linux"])
    page.locator("label[for=on-macos]").click()
    assert shown(page) == ["macos"]
    page.goto("en/ports/443.html")
    assert shown(page) == ["macos"]
    page.locator("#on-macos").press("ArrowLeft")
    assert shown(page) == ["windows"]
    page.reload()
    assert shown(page) == ["windows"]


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_does_not_tell_the_system(phone: str, visit: Open) -> None:
    script = pretend("linux" if phone == "android" else "macos").replace("MacIntel", "iPhone")
    assert shown(visit("en/ports/60603.html", script, user_agent=PHONES[phone], viewport=PHONE)) == ["windows"]


def test_the_languages_are_in_the_header_and_one_is_offered(site: Site, visit: Open) -> None:
    page = visit("en/ports/443.html", locale="de-AT")
    offer = page.locator(".offer a")
    expect(offer).to_have_attribute("lang", "de")
    offer.click()
    page.wait_for_url("**/de/ports/443.html")
    expect(page.locator(".offer")).to_have_count(0)
    page.locator("header details.lang summary").click()
    page.locator("header .lang a[lang=bn]").click()
    page.wait_for_url("**/bn/ports/443.html")
    page.locator(".offer button").click()
    expect(page.locator(".offer")).to_have_count(0)
    page.reload()
    expect(page.locator(".offer")).to_have_count(0)
    for tongue in ("en-GB", "fi-FI"):
        expect(visit("en/ports/443.html", locale=tongue).locator(".offer")).to_have_count(0)
    page = visit("en/ports/443.html", java_script_enabled=False)
    page.locator("header details.lang summary").click()
    page.locator("header .lang a[lang=ar]").click()
    page.wait_for_url("**/ar/ports/443.html")


# A pasted line


def test_every_sample_line_is_understood_as_it_should_be(visit: Open) -> None:
    page = visit("en/index.html")
    asked = listen(page)
    found = page.evaluate("lines => lines.map(portolanExplain)", [sample["line"] for sample in LINES])
    wrong = [(sample["line"][:200], sample["expect"], got) for sample, got in zip(LINES, found, strict=True) if sample["expect"] != got]
    assert wrong == []
    assert asked == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_pasted_line_is_explained_with_links_to_its_ports(locale: str, site: Site, visit: Open) -> None:
    page = visit(f"{locale}/index.html")
    asked = listen(page)
    page.locator("#line").fill("tcp ESTAB 0 0 192.0.2.10:60603 198.51.100.7:443")
    page.locator(".paste button").click()
    expect(page.locator("#explained")).to_contain_text("198.51.100.7")
    assert asked == []
    links = page.locator("#explained a").evaluate_all("links => links.map(link => link.href)")
    assert links == [f"{site.url}{locale}/ports/{port}.html" for port in (60603, 443)]
    assert "{" not in page.locator("#explained").inner_text()
    for url in links:
        response = page.goto(url)
        assert response
        assert response.ok


def test_a_line_that_says_nothing_is_answered(visit: Open) -> None:
    page = visit("en/index.html")
    page.locator("#line").fill("<img src=x onerror=alert(1)> 12 monkeys")
    expect(page.locator("#explained")).to_contain_text("We do not recognise this format.")
    assert page.locator("#explained img").count() == 0
    page.locator("#line").fill("")
    expect(page.locator("#explained")).to_be_empty()


# Keys


def test_the_keyboard_reaches_everything_in_order_and_is_seen(visit: Open) -> None:
    page = visit("en/ports/60603.html", reduced_motion="reduce")  # what has the focus is scrolled into view at once
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(e => e.id || e.className || e.name || e.getAttribute('href') || e.tagName)(document.activeElement)"))
        style = page.evaluate(FOCUS)
        assert style[0] == "solid", seen[-1]
        assert style[1] >= 2
        assert page.evaluate("(r => r.top >= 0 && r.bottom <= innerHeight)(document.activeElement.getBoundingClientRect())"), seen[-1]
    assert seen[0] == "skip"
    wanted = ["name", "q", "SUMMARY", "BUTTON", "#check", "on-linux", "copy"]
    assert [item for item in dict.fromkeys(seen) if item in wanted] == wanted
    page.goto("en/ports/60603.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(("locale", "forward", "back"), [("en", "ArrowRight", "ArrowLeft"), ("ar", "ArrowLeft", "ArrowRight")])
def test_arrows_with_alt_and_shift_turn_to_the_neighbours(locale: str, forward: str, back: str, visit: Open) -> None:
    page = visit(f"{locale}/ports/443.html")
    page.keyboard.press(f"Alt+Shift+{forward}")
    page.wait_for_url("**/ports/444.html")
    page.keyboard.press(f"Alt+Shift+{back}")
    page.wait_for_url("**/ports/443.html")
    page.evaluate("document.title = 'still here'")
    for keys in (forward, back, f"Shift+{forward}", f"Shift+{back}"):
        page.keyboard.press(keys)
    page.locator("[role=search] input").fill("12")
    page.keyboard.press(f"Alt+Shift+{back}")
    page.wait_for_timeout(200)
    assert page.title() == "still here"


# Without JavaScript


def test_a_port_is_explained_without_javascript(visit: Open) -> None:
    page = visit("en/ports/60603.html", java_script_enabled=False)
    for part in (".answer", ".stance", ".seen", ".systems pre", "#references", "[role=search] input", "nav a[rel=next]"):
        expect(page.locator(part).first).to_be_visible()
    for tab in TABS:
        page.locator(f"label[for=on-{tab}]").click()
        assert shown(page) == [tab]
    page.locator("#references summary").click()
    expect(page.locator(".references li").first).to_be_visible()


def test_a_browser_without_has_shows_the_commands_of_all_systems(visit: Open) -> None:
    def older(route: Route) -> None:
        response = route.fetch()
        assert "@supports selector(:has(" in response.text()
        route.fulfill(response=response, body=response.text().replace("selector(:has(", "selector(:unheard-of("))

    page = visit("en/ports/60603.html")
    page.route("**/style.*.css", older)
    page.reload()
    assert shown(page) == TABS
    for tab in TABS:
        expect(page.locator(f"[data-system={tab}] h3")).to_be_visible()
        expect(page.locator(f"label[for=on-{tab}]")).to_be_hidden()


@pytest.mark.parametrize("port", [443, 60603])
def test_the_situations_stand_on_the_page_with_the_port_marked(port: int, visit: Open) -> None:
    page = visit(f"en/ports/{port}.html", viewport=PHONE)
    assert [card.get_attribute("id") for card in page.locator(".seen > li").all()] == [*SITUATIONS]
    for card in page.locator(".seen > li").all():
        expect(card.locator("h3")).to_be_visible()
        expect(card.locator(".line b")).to_have_text(str(port))
        marked, whole = card.locator(".line b").bounding_box(), card.bounding_box()
        assert marked
        assert whole
        assert whole["x"] <= marked["x"]
        assert marked["x"] + marked["width"] <= whole["x"] + whole["width"]
        assert len(card.locator("p").first.inner_text()) > 40


def test_search_and_chart_lead_on_without_javascript(visit: Open) -> None:
    page = visit("en/ports/443.html", java_script_enabled=False)
    page.locator("[role=search] input").fill("60603")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/index.html?q=60603#blocks")
    expect(page.locator("h2#blocks")).to_be_in_viewport()
    expect(page.locator("noscript p")).to_be_visible()
    page.locator(".chart a", has_text="60416–60671").click()
    page.wait_for_url("**/en/blocks/60416-60671.html")
    page.locator("summary", has_text="60416–60605").click()
    page.locator("#p60603 a").click()
    page.wait_for_url("**/en/ports/60603.html")


# Small screens, print


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_sticks_out_of_a_narrow_screen(locale: str, visit: Open) -> None:
    # 320 pixels are a screen of 1280 at 400 %
    page = visit("index.html", viewport=ViewportSize(width=320, height=256))
    for kind, path in {**OUTSIDE, **site_server.pages(locale)}.items():
        page.goto(path)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, kind
        assert page.evaluate(STICKING_OUT) == [], kind
        if page.locator("header .lang").count():
            page.locator("header .lang summary").click()
            assert page.evaluate(STICKING_OUT) == [], f"{kind} with the languages open"


def bottom(page: Page, part: str) -> float:
    """How far down the first element of a page ends, in pixels."""
    return float(page.locator(part).first.evaluate("e => e.getBoundingClientRect().bottom + scrollY"))


@pytest.mark.parametrize("locale", [tag for tag in LOCALES if tag != "ar"])
@pytest.mark.parametrize("port", [443, 60603])
def test_a_phones_first_screen_holds_the_answer_and_the_stance(locale: str, port: int, visit: Open) -> None:
    page = visit(f"{locale}/ports/{port}.html", viewport=PHONE, user_agent=PHONES["android"], locale=locale)
    for part in (".breadcrumb", "h1", ".answer", ".stance"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    assert bottom(page, ".answer") < bottom(page, ".stance") <= (ANSWERED if locale == "en" else TRANSLATED)
    assert bottom(page, "[data-system=windows] pre") <= COMMAND


def test_a_temporary_port_is_told_in_a_few_screens(visit: Open) -> None:
    page = visit("en/ports/60603.html", viewport=PHONE, user_agent=PHONES["android"])
    assert page.evaluate("document.documentElement.scrollHeight") <= WHOLE


def test_a_port_prints_on_two_sheets_with_its_sources(visit: Open) -> None:
    page = visit("en/ports/60603.html")
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert 1 <= len(sheets) <= 2
    page.emulate_media(media="print")
    assert shown(page) == TABS
    for tab in TABS:
        expect(page.locator(f"[data-system={tab}] h3")).to_be_visible()
        expect(page.locator(f"label[for=on-{tab}]")).to_be_hidden()
    for reference in page.locator(".references li").all():
        expect(reference).to_be_visible()
    address = "[...document.querySelectorAll('.references a')].every(a => getComputedStyle(a, '::after').content.includes('http'))"
    assert page.evaluate(address)
    for part in ("form[role=search]", "header button", ".lang", ".copy", ".feedback"):
        expect(page.locator(part).first).to_be_hidden()


# Barriers, mistakes, strangers


# Either theme is looked at with one width of screen: contrast does not depend on it, nor what scrolls on the theme.
@pytest.mark.parametrize(("theme", "viewport"), [("light", ViewportSize(width=1280, height=800)), ("dark", PHONE)], ids=["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "ar"])
def test_no_page_has_barriers(locale: str, theme: str, viewport: ViewportSize, visit: Open) -> None:
    source = site_server.axe()
    page = visit("index.html", color_scheme=theme, viewport=viewport)
    run = "tags => axe.run({runOnly: tags}).then(({violations}) => violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 150)]))"
    found = []
    for kind, path in {**OUTSIDE, **site_server.pages(locale)}.items():
        page.goto(path)
        page.evaluate(source)
        found += [(kind, *violation) for violation in page.evaluate(run, TAGS)]
        for query in ("kafka", "no such thing") if kind == "dynamic port" else ():
            page.locator("[role=search] input").fill(query)
            expect(page.locator(".results [role=option]").first).to_be_visible()
            page.keyboard.press("ArrowDown")
            found += [(f"{kind} with the search list open", *violation) for violation in page.evaluate(run, TAGS)]
    assert found == []


def test_forced_colours_lose_nothing(visit: Open) -> None:
    page = visit("en/ports/60603.html", forced_colors="active")
    assert page.evaluate("getComputedStyle(document.querySelector('.stance'), '::before').content") == '"✓"'
    border = "tab => getComputedStyle(document.querySelector(`label[for=on-${tab}]`)).borderColor"
    chosen, other = page.evaluate(border, shown(page)[0]), page.evaluate(border, "macos")
    assert chosen != other
    assert page.evaluate("getComputedStyle(document.querySelector('.line b')).outlineStyle") == "solid"


@pytest.mark.parametrize("path", ["en/ports/443.html", "de/ports/60603.html", "ar/ports/8080.html"])
def test_machines_read_what_the_page_is(path: str, visit: Open) -> None:
    page = visit(path)
    article = page.locator("[itemscope]")
    expect(article).to_have_attribute("itemtype", "https://schema.org/TechArticle")
    headline, description = article.locator("[itemprop=headline]"), article.locator("[itemprop=description]")
    assert headline.text_content() == page.locator("h1").text_content()
    assert len(description.text_content() or "") > 100
    assert "<" not in page.title()
    assert "<" not in (page.locator("meta[name=description]").get_attribute("content") or "<")


def test_pages_are_silent_obey_their_policy_and_ask_nobody_else(site: Site, visit: Open) -> None:
    said: list[str] = []
    asked: set[str] = set()
    page = visit("index.html", WATCH)
    page.on("console", lambda message: said.append(f"{message.location['url']}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("request", lambda request: asked.add(request.url))
    for path in walk():
        response = page.goto(path)
        assert response
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert "'" in response.headers["content-security-policy"].partition("form-action ")[2]
        page.evaluate(SETTLED)
    assert [line for line in said if not ("404" in line and OUTSIDE["404"] in line)] == []
    assert {url for url in asked if not url.startswith(site.url)} == set()
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == []
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate(SETTLED)
    assert any("CSP: style-src-attr inline" in line for line in said)


@pytest.mark.parametrize(
    ("path", "language", "says", "leads"),
    [
        ("de/ports/70000", "de", "70000", None),
        ("ports/443", "en", "443", "en/ports/443.html"),
        ("en/ports/443", "en", "443", "en/ports/443.html"),
        ("bn/ports/60603/", "bn", "60603", "bn/ports/60603.html"),
        ("443", "en", "443", "en/ports/443.html"),
        ("bn/ports/৪৪৩", "bn", "443", "bn/ports/443.html"),
        ("ports/٤٤٣", "en", "443", "en/ports/443.html"),
        ("ar/ports/٩٩٩٩٩.html", "ar", "99999", None),
        ("ar/ports/99999.html", "ar", "99999", None),
    ],
)
def test_an_address_that_leads_nowhere_leads_on(path: str, language: str, says: str, leads: str | None, site: Site, visit: Open) -> None:
    page = visit(path)
    if leads is None:
        hint = page.locator("#hint")
        expect(hint).to_contain_text(says)
        expect(hint).to_have_attribute("lang", language)
        assert "{" not in hint.inner_text()
        assert "65535" in hint.inner_text()
        assert hint.locator("a").count() == 0
    else:
        page.wait_for_url(f"{site.url}{leads}")
    response = visit(path, java_script_enabled=False).reload()
    assert response
    assert response.status == 404


@pytest.mark.parametrize("path", ["en/old/443", "de/ports/9999.html"])
def test_an_address_that_may_mean_something_else_is_only_hinted_at(path: str, site: Site, visit: Open) -> None:
    page = visit(path)
    expect(page.locator("#hint a")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.url == f"{site.url}{path}"


@pytest.mark.parametrize("path", ["ports/%a9%a3", "ports/%d9%a3%99", "ports/12345678901443", "ports/x"])
def test_an_address_that_names_no_port_gets_no_hint(path: str, visit: Open) -> None:
    expect(visit(path).locator("#hint")).to_be_hidden()


@pytest.mark.parametrize("written", ["৪৪৩", "٤٤٣", "۴۴۳", "४४३", "４４３"])
def test_the_search_knows_the_digits_of_every_script(written: str, visit: Open) -> None:
    page = visit("en/ports/22.html")
    page.locator("[role=search] input").fill(written)
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/ports/443.html")


def test_html_is_without_mistakes(site: Site) -> None:
    ports = sorted(site.folder.glob("*/ports/*.html"))
    files = [site.folder / path for path in walk() if path not in OUTSIDE.values()]
    files += [site.folder / "index.html", site.folder / "404.html", *random.Random(60603).sample(ports, 300)]
    command = [*site_server.vnu(), "--format", "json", "--stdout", "--exit-zero-always", *map(str, dict.fromkeys(files))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    messages = json.loads(done.stdout)["messages"]
    assert [(m["url"].rpartition("/site/")[2], m.get("lastLine"), m["message"]) for m in messages] == []


def test_every_kind_of_page_is_looked_at(site: Site) -> None:
    folders = {path.relative_to(site.folder / "en").parts[0] for path in (site.folder / "en").rglob("*.html")}
    assert {path.format("en").split("/")[1] for path in KINDS.values()} == folders
