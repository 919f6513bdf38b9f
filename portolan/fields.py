"""The kinds of values that stand in fields of YAML.

Each carries the words for what it must be, which messages and JSON Schemas use, and some a rule
that no pattern can say.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

# A line: no blank at its ends, something to be seen between them.
_LINE = r"^[^\s](?:[^\t\n]*[^\s])?$(?!\n)"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PORT = r"(?::[0-9]{1,5})?"
_LOCAL = r"localhost|[0-9.]{7,15}|\[[0-9a-f:]+\]"
_STEP = r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+"
_MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_~-]+"
_IN_URL = r"[^\s\"<>\\^`{|}]"
_FIRST_YEAR, _LAST_YEAR = 1969, 2199  # RFC 1 is of 1969


def _real_day(text: str) -> None:
    """A date must be one of the calendar; ``ValueError`` says so."""
    year, month, day = (*map(int, text.split("-")), 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        raise ValueError(f"must be a day of the calendar, not {text}") from None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"must lie between {_FIRST_YEAR} and {_LAST_YEAR}, not {text}")


Id = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)",
        max_length=80,
        description="an id: lower-case words joined by hyphens",
    ),
]
Line = Annotated[
    str,
    msgspec.Meta(
        pattern=_LINE, max_length=600, description="text on one line, without blanks around it"
    ),
]
Name = Annotated[
    str,
    msgspec.Meta(
        pattern=_LINE,
        max_length=80,
        description="a name of at most 80 letters, on one line, without blanks around it",
    ),
]
Text = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\S",
        max_length=1000,
        description="English text, translated through the PO catalogs",
        extra={"translated": True},
    ),
]
Sentence = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\s](?:[^\t\n]*[^\s])?\.$(?!\n)",
        max_length=240,
        description="English text on one line, of at most 240 letters, that ends in a full stop",
        extra={"translated": True},
    ),
]
Url = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^https://{_HOST}{_PORT}(?:[/?#]{_IN_URL}*)?$(?!\n)",
        max_length=500,
        description="an https URL",
    ),
]
Date = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$(?!\n)",
        description="YYYY-MM-DD or YYYY-MM",
        extra={"rule": _real_day},
    ),
]
# localhost and addresses are allowed: a site may be looked at where it was built
BaseUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^https?://(?:{_HOST}|{_LOCAL}){_PORT}/(?:(?!\.{{1,2}}/){_STEP}/)*$(?!\n)",
        description="an http(s) URL without query that ends in /",
    ),
]
Contact = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^(?:https://{_HOST}(?:[/?#]{_IN_URL}*)?|mailto:{_MAILBOX}@{_HOST})$(?!\n)",
        description="an https URL or mailto: and an address",
    ),
]
# It stands in the Content-Security-Policy, which has its own use for commas and semicolons.
Endpoint = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^https://{_HOST}{_PORT}(?:/[A-Za-z0-9._~/-]*)?$(?!\n)",
        description="an https URL without query",
    ),
]
