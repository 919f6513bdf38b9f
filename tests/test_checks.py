"""What values may be: fields by their words, addresses in sitemaps, guesses, and characters that
nobody sees.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portolan.characters import faults
from portolan.fields import BaseUrl, Contact, Date, Endpoint, Id, Line, Name, Sentence, Text, Url
from portolan.hints import did_you_mean
from portolan.kinds import fields, words
from portolan.project import Project
from portolan.registry.load import FILES
from portolan.registry.types import Use, UseKind
from portolan.settings import Settings
from portolan.sitemaps import index, sitemaps

GOOD = {
    "https://portolan.example/": BaseUrl,
    "http://localhost:8000/": BaseUrl,
    "http://127.0.0.1/a/b/": BaseUrl,
    "http://[::1]:8000/": BaseUrl,
    "https://a-b.example/x&y/~me/": BaseUrl,
    "https://example.org": Url,
    "https://example.org/a_(b);c,d?e=f&g=%20#h": Url,
    "mailto:ports@portolan.example": Contact,
    "https://portolan.example/contact?about=ports": Contact,
    "https://votes.example:8443/take": Endpoint,
}
BAD = [
    ("https://portolan.example/\n", BaseUrl),
    ('https://x/"><script>/', BaseUrl),
    ("https://./", BaseUrl),
    ("https://%/", BaseUrl),
    ("https://x.example\\@evil/", BaseUrl),
    ("https://me@x.example/", BaseUrl),
    ("https://x.example//", BaseUrl),
    ("https://x.example/../", BaseUrl),
    ("https://x.example/a b/", BaseUrl),
    ("https://x.example/?q/", BaseUrl),
    ("https://x.example", BaseUrl),
    ("ftp://x.example/", BaseUrl),
    ("mailto:ports@portolan.example\n", Contact),
    ("mailto:ports", Contact),
    ("javascript:alert(1)", Contact),
    ("https://a.example/;sandbox", Endpoint),
    ("https://a.example/x,https://b.example", Endpoint),
    ("https://a.example/?x=y", Endpoint),
]


@pytest.mark.parametrize(("value", "kind"), GOOD.items())
def test_good_addresses_are_taken(value: str, kind: Any) -> None:
    assert msgspec.convert(value, kind) == value


@pytest.mark.parametrize(("value", "kind"), BAD)
def test_odd_addresses_are_refused(value: str, kind: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, kind)


@given(st.text(max_size=30))
def test_no_value_of_a_line_ends_or_begins_in_a_blank(text: str) -> None:
    for kind in (Id, Line, Name, Url, Date, Sentence):
        try:
            msgspec.convert(text, kind)
        except msgspec.ValidationError:
            continue
        assert text == text.strip()
        assert "\n" not in text
        assert "\t" not in text


def test_types_speak_of_themselves_in_words() -> None:
    for kind in (BaseUrl, Contact, Date, Endpoint, Id, Line, Name, Sentence, Text, Url):
        assert not re.search(r"[\\^$\[\]]", words(kind))
    for struct in (Settings, *(kind.type for kind in FILES)):
        for name, field in fields(struct).items():
            assert not re.search(r"[\\^$\[\]]|regex|Annotated|Union", words(field.type)), name
    assert words(UseKind).startswith("one of web, database, ")
    assert words(fields(Use)["references"].type) == (
        "a list, with one item at least, each an id: lower-case words joined by hyphens"
        " or a mapping with the fields of Citation"
    )


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("tpc", "; did you mean tcp?"),
        ("TCP", "; did you mean tcp?"),
        ("quic", ""),
        ("", ""),
        (6, ""),
    ],
)
def test_guesses_are_near(word: object, hint: str) -> None:
    assert did_you_mean(word, ("tcp", "udp", "sctp", "dccp")) == hint


def test_an_ampersand_in_the_address_leaves_sitemaps_xml(project: Project) -> None:
    base = "https://portolan.example/a&b/"
    made = sitemaps(project.chart, base, ("en", "de"), "en", ())[:2]
    for text in (index(made, base), made[-1].data()):
        places = [
            element.text
            for element in ElementTree.fromstring(text).iter(
                "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
            )
        ]
        assert places
        assert all(place and place.startswith(base) for place in places)


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        ("a\u200fb", "locales/ar/LC_MESSAGES/portolan.po", []),
        ("a\u200cb\u200dc", "locales/fa/LC_MESSAGES/portolan.po", []),
        ("a\u200fb", "content/about.md", [1]),
        ("\na\u202eb\u202e\n\u2066", "locales/ar/LC_MESSAGES/portolan.po", [2, 3]),
        ("\U000e0041", "locales/ar/LC_MESSAGES/portolan.po", [1]),
        ("<<<<<<< HEAD\n=======\n>>>>>>> a", "locales/de/LC_MESSAGES/portolan.po", [1, 3]),
        ("=======\n\n  <<<<<<< a\n<<<<<<<b\n", "content/about.md", []),
        ("কম্পিউটার, 中文, é, ✓", "content/about.md", []),
    ],
)
def test_hidden_characters_and_conflicts_are_told_by_line(
    text: str, path: str, told: list[int]
) -> None:
    assert [problem.line for problem in faults(text, path)] == told
