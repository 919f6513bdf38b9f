"""A site for Zola from the exported data: a Markdown file for each port, and the constant parts as templates.

Zola knows pages by their files only, and its ``load_data`` copies what it has read for every page that asks: so a
page's values stand in its own front matter, and prose in templates that choose among its few variants.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_SITUATION = """<h3 id="{id}">{title}</h3>
{{% include "made/{id}_text.html" %}}
{unpooled}<p><small>{sure} <a href="#check">{look}</a></small></p>
"""
_SURE = {
    "local": "{% if p.main %}Quite sure: by default the systems above hand out this number.{% endif %}",
    "knocked": "Sure: a packet came. Not sure: what it was for.",
    "": (
        "{% if not p.known %}Not sure: we know no program that has this number for its own."
        '{% elif p.range == "dynamic" %}In practice you meet {{ known | safe }} here.'
        "{% else %}By convention {{ known | safe }}; only the program’s name proves it.{% endif %}"
    ),
}
_UNPOOLED = '{% if not p.systems %}{% include "made/local_unpooled.html" %}{% endif %}'
_PLACES = {"{port}": "{{ n | safe }}", "{names}": "{{ p.named }}", "{transports}": "{{ p.carried | safe }}"}


def write(data: Path, site: Path, ports: int) -> None:
    """Fill a copy of the site's frame with the first ``ports`` pages."""
    rows, records, fragments, shared = (json.loads((data / f"{name}.json").read_text()) for name in ("ports", "records", "fragments", "site"))
    with open(site / "config.toml", "a") as config:
        config.write("\n[extra]\n" + "".join(f"{key} = {toml(shared[key])}\n" for key in ("title", "base_url", "contact", "assets", "titles")))
    made = site / "templates" / "made"
    made.mkdir()
    for name, text in _templates(rows, records, fragments, shared).items():
        (made / f"{name}.html").write_text(text)
    folder = site / "content" / "en" / "ports"
    folder.mkdir(parents=True)
    for row in rows[:ports]:
        (folder / f"{row['number']}.md").write_text(page(row, records[row["record"]], fragments))


def page(row: dict[str, Any], record: dict[str, Any], fragments: dict[str, str]) -> str:
    """A port's Markdown file: front matter and no body. What is empty or false is left out: reading it takes most of Zola's time."""
    values = {**row, **record}
    values["articles"] = [{**article, "lead": fragments[article["lead"]]} for article in record["articles"]]
    values["reasons"] = [fragments[reason] for reason in record["reasons"]]
    lines = [f"{key} = {toml(value)}" for key, value in values.items() if value and key != "record"]
    return "+++\n" + f'path = "en/ports/{row["number"]}"\n[extra]\n' + "\n".join(lines) + "\n+++\n"


def toml(value: Any) -> str:
    """A value of JSON as TOML writes it in one line; what is null is left out."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items() if item is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _templates(rows: list[Any], records: list[Any], fragments: dict[str, str], shared: dict[str, Any]) -> dict[str, str]:
    variants: dict[str, Counter[str]] = {}
    for row in rows:
        for name, fragment in records[row["record"]]["texts"].items():
            variants.setdefault(name, Counter())[fragment] += 1
    ids = [situation["id"] for situation in shared["situations"]]
    made = {f"{name}_text" if name in ids else name: _choice(name, [*found.most_common()], fragments) for name, found in variants.items()}
    made["situations"] = (
        '<nav class="situations" aria-labelledby="which"><h2 id="which">Where did you see it?</h2>\n<ul>\n'
        + "\n".join(f'<li><a href="#{s["id"]}">{s["title"]}</a></li>' for s in shared["situations"])
        + "\n</ul></nav>"
    )
    made["seen"] = "\n".join(_situation(situation) for situation in shared["situations"])
    made["strip"] = "\n".join(
        [f'<path class="{r["id"]}" d="M{r["first"]} 30h{r["length"]}v40h-{r["length"]}z"/>' for r in shared["ranges"]]
        + [f'<path d="M{p["first"]} {p["top"]}h{p["length"]}v20h-{p["length"]}z"/>' for p in shared["strip"]]
    )
    made["systems"] = _laid_in("\n".join(_systems(shared["systems"])))
    return made


def _choice(name: str, variants: list[tuple[str, int]], fragments: dict[str, str]) -> str:
    """The variants of a text, the most frequent first."""
    if len(variants) == 1:
        return _laid_in(fragments[variants[0][0]])
    branches = [f'{{% {"elif" if at else "if"} p.texts.{name} == "{id}" %}}{_laid_in(fragments[id])}' for at, (id, _) in enumerate(variants)]
    return "".join(branches) + "{% endif %}"


def _situation(situation: dict[str, str]) -> str:
    id = situation["id"]
    return _SITUATION.format(
        **situation,
        unpooled=_UNPOOLED if id == "local" else "",
        sure=_SURE.get(id, _SURE[""]),
        look="Who listens?" if id in ("listening", "knocked") else "Who is connected?",
    )


def _systems(systems: list[dict[str, Any]]) -> Iterable[str]:
    yield '<div class="systems">'
    for system in systems:
        if system["commands"]:
            yield f'<section data-system="{system["id"]}"><h3 id="{system["id"]}">{system["name"]}</h3>'
            for command in system["commands"]:
                shell = f" ({command['shell']})" if command["shell"] else ""
                yield f"<p>{command['label']}{shell}</p>\n<pre><code>{command['command']}</code></pre>"
            yield "</section>"
    yield "</div>\n<p>More commands, sample answers and pitfalls:"
    yield "\n".join(f'<a href="../systems/{system["id"]}.html">{system["name"]}</a>' for system in systems)
    yield "</p>"


def _laid_in(text: str) -> str:
    """A text as a template: its places are expressions."""
    for place, expression in _PLACES.items():
        text = text.replace(place, expression)
    return text
