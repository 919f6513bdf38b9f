"""Documents: Markdown, translated block by block and made into prose.

A document has YAML front matter (``title``; an article also ``ports``) and a body of paragraphs, headings and lists.
Raw HTML is text. A block is one message, its lines joined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markupsafe import Markup

from portolan.entry import Entry
from portolan.fields import Text
from portolan.locales import Gaps, Locale
from portolan.messages import CITATION, PLACEHOLDER, unwieldy
from portolan.nodes import read_yaml
from portolan.problem import Problem
from portolan.prose import Prose
from portolan.registry.load import decode
from portolan.registry.types import Reach, Span, Stance, UseKind
from portolan.sources import paths, read_text
from portolan.structs import build

HOME = "content"
ARTICLES = "articles"
_FRONT = re.compile(r"---\n(.*?\n)---\n", re.DOTALL)
_ITEM = re.compile(r"( *(?:[-*]|\d+\.) +)(.*)")
_HEADING = re.compile(r"(#{2,4} +)(.*)")
# Open places in rendered prose: SO kind:name SI. Control characters can't stand in a source (sources.read_text).
_OPEN = re.compile("\x0e(value|cite):([^\x0f]*)\x0f")
_LEAD = re.compile("<p.*?</p>", re.DOTALL)
_LONGEST = 50_000  # characters of a document
_STAND_IN = "\x0een\x0f"


class FrontMatter(Entry, frozen=True, kw_only=True):
    """The head of a document. ``ports`` lists the ports whose pages show an article; only articles have it, and the rest
    of what is said of those ports: ``kind``, ``stance`` and ``reach`` are those of a use."""

    title: Text
    ports: tuple[Span, ...] = ()
    kind: UseKind | None = None
    stance: Stance | None = None
    reach: Reach | None = None


class Block(NamedTuple):
    """A piece of Markdown: its first line in the file, what stands before its text, the text; code has ``message=False``."""

    line: int
    prefix: str
    text: str
    message: bool = True


class Document(NamedTuple):
    """A Markdown file; ``slug`` is its path below ``content`` without ``.md``."""

    path: str
    slug: str
    front: FrontMatter
    blocks: tuple[Block, ...]

    @property
    def is_article(self) -> bool:
        return self.slug.startswith(f"{ARTICLES}/")


def load_documents(root: Path, problems: list[Problem], only: str | None = None) -> dict[str, Document]:
    """Every document below ``content`` by slug (or ``only`` one); broken ones are noted."""
    there = [f"{HOME}/{only}.md"] if only else paths(root, problems, HOME)
    documents = (_load(root, path, problems) for path in there if path.endswith(".md"))
    return {document.slug: document for document in documents if document}


def _load(root: Path, path: str, problems: list[Problem]) -> Document | None:
    text = read_text(root, path, problems)
    if text is None:
        return None
    match = _FRONT.match(text)
    if match is None:
        problems.append(Problem(path, 1, "front-matter", "must open with YAML front matter between two lines of ---"))
        return None
    before = len(problems)
    node = read_yaml(match[1], path, problems, first_line=2)
    front = build(FrontMatter, node, path, 2, problems, decode) if len(problems) == before else None
    first = text.count("\n", 0, match.end()) + 1
    blocks = tuple(split(text[match.end() :], first))
    problems += _unwieldy(path, blocks)
    return Document(path, _slug(path), front, blocks) if front and len(problems) == before else None


def _unwieldy(path: str, blocks: Iterable[Block]) -> Iterator[Problem]:
    whole = 0
    for block in blocks:
        whole += len(block.text)
        if reason := unwieldy(block.text):
            yield Problem(path, block.line, "markdown", f"a paragraph {reason}")
        elif whole > _LONGEST:
            yield Problem(path, block.line, "markdown", f"a document must have {_LONGEST:,} characters at most")
            return


def _slug(path: str) -> str:
    return path.removeprefix(f"{HOME}/").removesuffix(".md")


def split(body: str, first_line: int = 1) -> Iterator[Block]:
    """Markdown's blocks, in order; blank lines are left out."""
    lines = body.split("\n")
    at = 0
    while at < len(lines):
        line, start = lines[at], at
        at += 1
        if not line.strip():
            continue
        if line.startswith("```"):
            while at < len(lines) and not lines[at].startswith("```"):
                at += 1
            at += 1
            yield Block(first_line + start, "", "\n".join(lines[start:at]), message=False)
            continue
        if heading := _HEADING.fullmatch(line):
            yield Block(first_line + start, heading[1], heading[2].strip())
            continue
        item = _ITEM.fullmatch(line)
        while at < len(lines) and lines[at].strip() and not _ITEM.fullmatch(lines[at]) and not _HEADING.fullmatch(lines[at]):
            at += 1
        text = " ".join(part.strip() for part in [item[2] if item else line, *lines[start + 1 : at]])
        yield Block(first_line + start, item[1] if item else "", text)


def messages(document: Document) -> Iterator[str]:
    """What is translated of a document: its title, and its texts in order."""
    yield document.front.title
    yield from (block.text for block in document.blocks if block.message)


class Translated(NamedTuple):
    """A document in one language, still Markdown; ``gaps`` is what it lacks of a translation.

    ``anchors`` are the ids of its headings, in order: made from the English, so that links hold in all languages.
    """

    title: Markup
    text: str
    gaps: Gaps
    anchors: tuple[str, ...] = ()


def translate(document: Document, locale: Locale, computed: Callable[[str], str | None]) -> Translated:
    """The document in the locale's language.

    ``computed(name)`` is the value of a placeholder that is the same on every page, or ``None`` for one that the
    page fills in.
    """
    pieces, gaps = [], Gaps.NONE
    for block in document.blocks:
        text = locale.translate(block.text) if block.message else block.text
        gaps |= locale.gaps(block.text) if block.message else Gaps.NONE
        english = f"{_STAND_IN}{block.text}" if text is None else text
        pieces.append((block.prefix, _open_places(english, computed) if block.message else english))
    source = ""
    for index, (prefix, text) in enumerate(pieces):
        tight = index and prefix.strip() and pieces[index - 1][0] == prefix
        source += f"{'' if not index else chr(10) if tight else chr(10) * 2}{prefix}{text}"
    anchors = tuple(_anchor(block.text) for block in document.blocks if block.prefix.startswith("##"))
    return Translated(locale.phrase(document.front.title), source, gaps, anchors)


def _anchor(heading: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", heading.casefold()))


def render(translated: Translated, locale: Locale) -> Prose:
    """The document as HTML."""
    html = _markdown(locale, translated.anchors).convert(translated.text)
    lead = _LEAD.match(html)
    at = lead.end() if lead else 0
    return Prose(translated.title, tuple(_OPEN.split(html[:at])), tuple(_OPEN.split(html[at:].lstrip())), translated.gaps)


def _open_places(text: str, computed: Callable[[str], str | None]) -> str:
    def value(match: re.Match[str]) -> str:
        constant = computed(match[1])
        return f"\x0evalue:{match[1]}\x0f" if constant is None else constant

    return CITATION.sub("\x0ecite:\\1\x0f", PLACEHOLDER.sub(value, text))


def _markdown(locale: Locale, anchors: Iterable[str]) -> Markdown:
    markdown = Markdown(extensions=["fenced_code", _StandIns(locale), _Anchors(anchors)], output_format="html")
    markdown.preprocessors.deregister("html_block")
    markdown.inlinePatterns.deregister("html")
    return markdown


class _Anchors(Extension):
    """Gives headings their ids."""

    def __init__(self, anchors: Iterable[str]) -> None:
        super().__init__()
        self.anchors = anchors

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, Markdown names it
        md.treeprocessors.register(_SetAnchors(md, self.anchors), "anchors", 24)


class _SetAnchors(Treeprocessor):
    def __init__(self, md: Any, anchors: Iterable[str]) -> None:
        super().__init__(md)
        self.anchors = anchors

    def run(self, root: Element) -> None:
        headings = [element for element in root.iter() if element.tag in ("h2", "h3", "h4")]
        for element, anchor in zip(headings, self.anchors, strict=False):  # a translation can't have more of them
            element.set("id", anchor)


class _StandIns(Extension):
    """Marks the elements whose text stands in English because it isn't translated."""

    def __init__(self, locale: Locale) -> None:
        super().__init__()
        self.locale = locale

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, Markdown names it
        md.treeprocessors.register(_MarkStandIns(md, self.locale), "stand-ins", 25)


class _MarkStandIns(Treeprocessor):
    def __init__(self, md: Any, locale: Locale) -> None:
        super().__init__(md)
        self.locale = locale

    def run(self, root: Element) -> None:
        for element in root.iter():
            if (element.text or "").startswith(_STAND_IN):
                element.text = (element.text or "").removeprefix(_STAND_IN)
                element.set("lang", "en")
                if self.locale.direction == "rtl":
                    element.set("dir", "ltr")
