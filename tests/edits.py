"""Edits such as people make, at random: of registry, prose, messages, templates, assets, settings and languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

from portolan import extract

WORDS = ("harbour", "beacon", "anchor", "compass", "lighthouse", "quay")


class Editor:
    """Edits the project in a folder. Not every edit leaves a sound project; ``undo`` takes the last one back."""

    def __init__(self, folder: Path, random: Random, locales: tuple[str, ...] = ("pt", "bn")) -> None:
        """``locales`` are those that may come and go."""
        self.folder, self.random, self.locales = folder, random, locales
        self._before: dict[Path, bytes | None] = {}
        self.kinds: tuple[Callable[[], str], ...] = (
            self.add_use, self.remove_entry, self.change_title, self.change_number, self.add_abuse, self.change_reference,
            self.change_prose, self.change_message, self.untranslate, self.change_template, self.change_template_texts, self.change_asset,
            self.change_setting, self.add_or_drop_locale, self.comment, self.change_words, self.bring_up_to_date,
        )  # fmt: skip

    def edit(self) -> str:
        """One edit; says what was done."""
        self._before.clear()
        return self.random.choice(self.kinds)()

    def undo(self) -> None:
        """Take the last edit back."""
        for path, data in self._before.items():
            if data is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)

    def add_use(self) -> str:
        first = self.random.choice((self.random.randrange(130), self.random.randrange(5420, 5440), self.random.randrange(49140, 49160)))
        span = f"{first}-{first + self.random.randrange(1, 40)}" if self.random.random() < 0.3 else str(first)
        return self._append(
            self._one_of("content/registry/uses/*.yaml").relative_to(self.folder).as_posix(),
            f"\n- ports: {span}\n  transports: [tcp]\n  name: {self._word().title()} {first}\n  kind: service\n  evidence: community\n"
            f"  description: The {self._word()} answers here.\n  references:\n    - rfc6335\n",
        )

    def add_abuse(self) -> str:
        port, year = self.random.randrange(120), self.random.randrange(1990, 2020)
        entry = f"\n- ports: {port}\n  transports: [tcp]\n  name: {self._word().title()}\n  year: {year}\n  references:\n    - rfc6335\n"
        return self._append("content/registry/abuse.yaml", entry)

    def remove_entry(self) -> str:
        path = self._one_of("content/registry/**/*.yaml")
        entries = re.split(r"(?m)^(?=- )", path.read_text())
        del entries[self.random.randrange(1, len(entries)) if len(entries) > 1 else 0]
        return self._write(path, "".join(entries))

    def change_title(self) -> str:
        words = r"(?<=title: )\w[^,\n\"{}#]*|(?<=description: )\w[^:\n#]*(?=\.\n)|(?<=label: )\w[^:\n#]*"
        return self._replace("content/registry/**/*.yaml", words, str.upper)

    def change_number(self) -> str:
        step = self.random.randrange(1, 9)
        return self._replace("content/registry/**/*.yaml", r"(?<=ports: )\d+(?=[,\n])", lambda old: str((int(old) + step) % 65536))

    def change_reference(self) -> str:
        return self._replace("content/registry/references/*.yaml", r'(?<=title: ")[^"\n]+', lambda old: f"{old}, {self._word()}")

    def change_prose(self) -> str:
        return self._replace("content/**/*.md", r"(?m)(?<=\.)$", lambda old: f"{old} The {self._word()} is near.")

    def change_words(self) -> str:
        """So little that translations may stay."""
        return self._replace("content/**/*.md", r"\b(?:often|usually|program|computer|connection)\b", lambda old: self._word())

    def bring_up_to_date(self) -> str:
        paths = [path for path in self.folder.glob("locales/**/*.po*") if path.is_file()]
        self._before |= {self.folder / extract.POT: None, **{path: path.read_bytes() for path in paths}}
        extract.update(self.folder)
        return "catalogs brought up to date"

    def change_message(self) -> str:
        return self._replace("locales/*/LC_MESSAGES/*.po", r'(?m)^msgstr "[\w⟦][^"\\%{}`\[]*(?="$)', lambda old: f"{old} {self._word()}")

    def untranslate(self) -> str:
        return self._replace("locales/*/LC_MESSAGES/*.po", r'(?m)^msgstr "[\w⟦][^"\\]*"$', lambda old: 'msgstr ""')

    def change_template(self) -> str:
        return self._replace("templates/*.html", r"</(?:p|ul|dl|nav|footer|head|li)>\n", lambda old: f"<!-- {self._word()} -->{old}")

    def change_template_texts(self) -> str:
        return self._replace("templates/*.html", r'(?<=_\(")[A-Z][a-z ]+(?="\))', lambda old: f"{old} {self._word()}")

    def change_asset(self) -> str:
        return self._append(self._one_of("assets/*").relative_to(self.folder).as_posix(), f"/* {self._word()} */\n")

    def change_setting(self) -> str:
        word = self._word()
        plain = ("default_locale: en", "default_locale: de", "publish_at: 0.8", "publish_at: 1")
        new = self.random.choice((f"title: {word.title()}", f"base_url: https://{word}.example/", *plain))
        path = self.folder / "content/site.yaml"
        return self._write(path, re.sub(rf"(?m)^{new.partition(':')[0]}: .*", new, path.read_text()))

    def add_or_drop_locale(self) -> str:
        path = self.folder / "locales" / self.random.choice(self.locales) / "LC_MESSAGES/portolan.po"
        self._before[path] = path.read_bytes() if path.exists() else None
        if path.exists():
            path.unlink()
            return f"{path.parts[-3]} dropped"
        path.parent.mkdir(parents=True, exist_ok=True)
        german = (self.folder / "locales/de/LC_MESSAGES/portolan.po").read_text()
        path.write_text(german.replace('"Language: de\\n"', f'"Language: {path.parts[-3]}\\n"'))
        return f"{path.parts[-3]} added"

    def comment(self) -> str:
        path = self._one_of("content/registry/**/*.yaml")
        return self._write(path, f"# {self._word()}\n{path.read_text()}")

    def _word(self) -> str:
        return self.random.choice(WORDS)

    def _one_of(self, pattern: str) -> Path:
        return self.random.choice(sorted(path for path in self.folder.glob(pattern) if path.is_file()))

    def _append(self, path: str, text: str) -> str:
        return self._write(self.folder / path, (self.folder / path).read_text() + text)

    def _replace(self, pattern: str, what: str, new: Callable[[str], str]) -> str:
        path = self._one_of(pattern)
        text = path.read_text()
        places = list(re.finditer(what, text))
        if not places:
            return f"{path.name} as it was"
        place = self.random.choice(places)
        return self._write(path, text[: place.start()] + new(place[0]) + text[place.end() :])

    def _write(self, path: Path, text: str) -> str:
        self._before[path] = path.read_bytes()
        path.write_text(text)
        return f"{path.relative_to(self.folder)} edited"
