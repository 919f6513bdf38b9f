"""How much of the port pages each language has translated, and which languages are therefore drafts.

A message counts as often as pages show it: one that stands on all 65,536 weighs more than one that stands on a single page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from portolan.blocks import Builder
from portolan.locales import SOURCE, Catalog, Gaps, Locale
from portolan.messages import is_wordless
from portolan.pages import BLOCK, BLOCKS
from portolan.project import Project, named
from portolan.prose import Prose

Weights = Mapping[tuple[str, ...], int]
_STRIDE = 37  # ports of the sample lie at another place of each block


def rate(project: Project) -> None:
    """Fill in the share of the port pages that each language has translated; one with too little is a draft."""
    texts = named(f"{name}\0{text}" for name, text in project.templates.items())
    weights = project.cache.made("weights", named([project.content.hex(), texts.hex()]), lambda: weights_of(project))
    project.weights.update(weights)
    always = (SOURCE, project.settings.default_locale)
    for tag, locale in project.locales.items():
        project.completeness[tag] = share(locale, weights)
        locale.draft = project.completeness[tag] < project.settings.publish_at and tag not in always


def share(locale: Locale, weights: Weights) -> float:
    """How much of what the port pages show is translated, from 0 to 1."""
    total = sum(weights.values())
    return sum(weight for forms, weight in weights.items() if Gaps.UNTRANSLATED not in locale.gaps(*forms)) / total if total else 1.0


def weights_of(project: Project) -> Weights:
    """On how many port pages each message stands: counted for uses and articles, estimated for others from a page of every
    block."""
    weights = Counter[tuple[str, ...]]()
    for slug, spans in project.chart.articles.items():
        for text in project.documents[slug]:
            weights[text,] += sum(map(len, spans))
    for segment in project.chart.segments:
        for use in segment.uses:
            weights[use.description,] += segment.last - segment.first + 1
    counted = frozenset(weights)
    recorder = _Recorder(project)
    for number, pages in _sample(project):
        for forms in recorder.shown(number) - counted:
            weights[forms] += pages
    return {forms: weight for forms, weight in sorted(weights.items()) if not all(map(is_wordless, forms))}


def _sample(project: Project) -> Iterator[tuple[int, int]]:
    """A port for each shape that a page of some block has, and how many pages it stands for."""
    numbers, found = dict[int, int](), Counter[int]()
    for at, block in enumerate(BLOCKS):
        number = block.first + at * _STRIDE % BLOCK
        shape = id(project.outlines(project.chart.facts(number)).shape)  # the outlines have each shape once
        numbers.setdefault(shape, number)
        found[shape] += BLOCK
    return ((number, found[shape]) for shape, number in numbers.items())


class _Recorder:
    """Renders pages of ports in English and tells which messages they ask for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._locale, self._prose = _Listening(SOURCE, Catalog("", "0", ())), _Noting(project.prose[SOURCE])
        heard = replace(project, locales={SOURCE: self._locale}, prose={SOURCE: self._prose})
        self._builder = Builder(heard, SOURCE, [SOURCE])

    def shown(self, number: int) -> set[tuple[str, ...]]:
        """The messages on the page of a port."""
        self._locale.heard, self._prose.noted = set(), set()
        self._builder.fresh()
        self._builder.plain_port(number)
        texts = self._project.documents
        for slug in self._prose.noted:
            self._locale.heard |= {(text,) for text in texts[slug]}
        return self._locale.heard


class _Listening(Locale):
    """English that remembers which messages it was asked about."""

    heard: set[tuple[str, ...]]

    def gaps(self, *forms: str) -> Gaps:
        self.heard.add(forms)
        return Gaps.NONE


class _Noting(Mapping[str, Prose]):
    """Documents that remember which of them were asked for."""

    def __init__(self, prose: Mapping[str, Prose]) -> None:
        self._prose, self.noted = prose, set[str]()

    def __getitem__(self, slug: str) -> Prose:
        self.noted.add(slug)
        return self._prose[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._prose)

    def __len__(self) -> int:
        return len(self._prose)
