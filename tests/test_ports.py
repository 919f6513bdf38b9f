"""Facts: every port has them, once, and they are those of the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import process_time

import pytest

from portolan import view
from portolan.answer import OWN, answer
from portolan.ports import Facts, Segment
from portolan.project import Project
from portolan.registry.types import Use
from portolan.verdict import SUGGESTED, Suggestions, verdict

# Port, range, status, service names, pools that widely used systems hand out: looked up by hand in IANA's registry and in
# the sources that content/registry/pools.yaml names.
KNOWN: list[tuple[int, str, str | None, tuple[str, ...], set[str]]] = [
    (0, "system", "reserved", (), set()),
    (22, "system", "assigned", ("ssh",), set()),
    (53, "system", "assigned", ("domain",), set()),
    (80, "system", "assigned", ("http", "www", "www-http"), set()),
    (443, "system", "assigned", ("https",), set()),
    (1023, "system", "reserved", (), set()),
    (1024, "user", "reserved", (), {"openbsd"}),
    (5353, "user", "assigned", ("mdns",), {"openbsd"}),
    (6000, "user", "assigned", ("x11",), {"openbsd"}),
    (6063, "user", "assigned", ("x11",), {"openbsd"}),
    (8080, "user", "assigned", ("http-alt",), {"openbsd"}),
    (31000, "user", "unassigned", (), {"openbsd", "freebsd", "kubernetes-nodeport"}),
    (32768, "user", "assigned", ("filenet-tms",), {"openbsd", "freebsd", "linux"}),
    (49151, "user", "reserved", (), {"openbsd", "freebsd", "linux"}),
    (49152, "dynamic", None, (), {"freebsd", "linux", "windows", "macos"}),
    (60103, "dynamic", None, (), {"freebsd", "linux", "windows", "macos", "docker-windows"}),
    (60603, "dynamic", None, (), {"freebsd", "linux", "windows", "macos", "docker-windows"}),
    (60999, "dynamic", None, (), {"freebsd", "linux", "windows", "macos", "docker-windows"}),
    (61000, "dynamic", None, (), {"freebsd", "windows", "macos", "docker-windows"}),
    (65535, "dynamic", None, (), {"freebsd", "windows", "macos"}),
]
LOOKED_AT = {"linux", "windows", "macos", "freebsd", "openbsd", "kubernetes-nodeport", "docker-windows"}


@pytest.mark.parametrize(("port", "range_", "status", "names", "pools"), KNOWN, ids=[str(known[0]) for known in KNOWN])
def test_known_ports(project: Project, port: int, range_: str, status: str | None, names: tuple[str, ...], pools: set[str]) -> None:
    segment = project.chart.facts(port).segment
    assert (segment.range.id, segment.status, segment.names) == (range_, status, names)
    assert {pool.id for pool in segment.pools if pool.current} & LOOKED_AT == pools


def test_every_port_lies_in_one_segment_with_one_range_and_status(project: Project) -> None:
    ranges = project.chart.registry.ranges
    expected = 0
    for segment in project.chart.segments:
        assert segment.first == expected
        assert [r for r in ranges if r.ports.first <= segment.first and segment.last <= r.ports.last] == [segment.range]
        assert (segment.status is None) == (segment.range.id == "dynamic")
        expected = segment.last + 1
    assert expected == 65536
    assert all(project.chart.facts(port).segment.first <= port <= project.chart.facts(port).segment.last for port in range(65536))


def test_a_segment_is_covered_by_exactly_the_entries_that_hold_its_ports(project: Project) -> None:
    registry = project.chart.registry
    for port in range(0, 65536, 257):
        segment = project.chart.facts(port).segment
        for kind in ("assignments", "pools", "uses", "abuse"):
            assert set(getattr(segment, kind)) == {entry for entry in getattr(registry, kind) if port in entry.ports}, (port, kind)


@pytest.mark.parametrize("number", [-1, 65536, 70000])
def test_what_is_no_port_has_no_facts(project: Project, number: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 65535"):
        project.chart.facts(number)


def test_linux_parity_holds_in_its_pool_only(project: Project) -> None:
    halves = {port: project.chart.facts(port).pool_half for port in (32767, 32768, 32769, 60998, 60999, 61000)}
    assert halves == {32767: None, 32768: "even", 32769: "odd", 60998: "even", 60999: "odd", 61000: None}


@pytest.mark.parametrize(
    ("port", "level", "reason"),
    [
        (0, "no", "zero"),
        (7, "only", "assigned"),
        (2, "no", "system"),
        (443, "only", "assigned"),
        (3000, "only", "development"),
        (31050, "better-not", "nodeport"),
        (40002, "better-not", "pool"),
        (60603, "better-not", "dynamic"),
        (28998, "yes", "spanned"),
    ],
)
def test_verdicts(project: Project, port: int, level: str, reason: str) -> None:
    assert verdict(project.chart.facts(port).segment) == (level, reason)


def test_suggestions_are_free_and_spread_over_many_numbers(project: Project) -> None:
    chart, suggestions = project.chart, project.suggestions
    found = [suggestions.of(port) for port in range(65536)]
    assert all(len(set(free)) == SUGGESTED and port not in free for port, free in enumerate(found))
    counted = Counter(number for free in found for number in free)
    assert len(counted) >= 15_000
    assert counted.most_common(1)[0][1] <= 200
    for number in counted:
        segment = chart.facts(number).segment
        assert segment.range.id == "user"
        assert segment.status == "unassigned"
        assert not any((segment.articles, segment.abuse, segment.blocked)), number
        assert not [use for use in segment.uses if len(use.ports) < 1000], number
        assert not {pool.id for pool in segment.pools if pool.current} & {"linux", "windows", "macos", "kubernetes-nodeport"}, number


def test_suggestions_have_the_same_last_digits_where_those_are_free(project: Project) -> None:
    assert {10603, 20603} <= set(project.suggestions.of(60603))
    assert {15432, 25432} <= set(project.suggestions.of(5432))


def _true_of(project: Project) -> dict[str, Callable[[Segment], bool]]:
    """For each shared sentence that depends on the port: the condition under which it is true."""

    def pools(segment: Segment) -> set[str]:
        return {pool.id for pool in segment.pools if pool.current}

    def own(segment: Segment) -> list[Use]:
        return [use for use in segment.uses if len(use.ports) <= OWN]

    nobody: Callable[[Segment], bool] = lambda segment: not (own(segment) or segment.services or segment.articles)  # noqa: E731
    return {
        "temporary-dynamic": lambda s: nobody(s) and s.range.id == "dynamic" and {"linux", "windows", "macos"} <= pools(s),
        "temporary-high": lambda s: nobody(s) and s.range.id == "dynamic" and {"windows", "macos"} <= pools(s) and "linux" not in pools(s),
        "temporary-user": lambda s: nobody(s) and s.range.id == "user" and "linux" in pools(s) and not {"windows", "macos"} & pools(s),
        "nodeport": lambda s: nobody(s) and "kubernetes-nodeport" in pools(s) and not {"linux", "windows"} & pools(s),
        "unassigned": lambda s: nobody(s) and s.status == "unassigned" and not {"linux", "windows"} & pools(s),
        "reserved": lambda s: nobody(s) and s.status == "reserved" and not {"linux", "windows"} & pools(s),
        "deregistered": lambda s: nobody(s) and s.status == "deregistered" and not {"linux", "windows"} & pools(s),
        "abuse": lambda s: bool(s.abuse) and not own(s) and not s.articles,
        "registered": lambda s: bool(s.services) and not own(s) and not s.articles and not s.abuse,
        "uses": lambda s: bool(own(s)) and not s.articles,
        "article": lambda s: bool(s.articles),
        "zero": lambda s: s.last == 0,
    }


def test_every_shared_answer_is_true_of_every_port_that_shows_it(project: Project) -> None:
    true_of = _true_of(project)
    shown = Counter[str]()
    for segment in project.chart.segments:
        lead = answer(segment, project.chart.said(segment)).lead
        shown[lead] += segment.last - segment.first + 1
        assert true_of[lead](segment), (lead, segment.first)
    assert sum(shown.values()) == 65536
    assert set(shown) <= true_of.keys()


def test_every_description_of_a_use_stands_on_a_page(project: Project) -> None:
    chart = project.chart
    told = {use for segment in chart.segments for use in answer(segment).uses}
    wide = {use for use in chart.registry.uses if len(use.ports) > OWN}  # on the page of their range
    assert set(chart.registry.uses) == told | wide


def test_no_title_names_anything_twice(project: Project) -> None:
    for segment in project.chart.segments:
        tree = view.document(project.chart, Facts(segment.first, segment))
        names = ["".join(c for c in name.text.casefold() if c.isalnum()) for name in tree["names"]]
        assert len(set(names)) == len(names), segment.first


@pytest.mark.parametrize("free", [(), (4,), (7002, 7003, 7004, 7005), (1025, 12_000, 29_999)])
def test_suggestions_are_found_at_once_however_few_numbers_are_free(free: tuple[int, ...]) -> None:
    started = process_time()
    suggestions = Suggestions(bytes(number in free for number in range(65536)))
    assert process_time() - started < 3
    usable = [number for number in free if number >= 1024]
    for port in (22, 7003, 12_000, 60603):
        assert set(suggestions.of(port)) - {0} <= set(usable) - {port}
    assert {number for port in range(65536) for number in suggestions.of(port)} - {0} == set(usable)
