"""Facts: every port has them, once, and they are those of the registry."""

from __future__ import annotations

import pytest

from portolan import view
from portolan.project import Project

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


def test_neighbours_are_the_nearest_named_ports(project: Project) -> None:
    for port in (0, 1, 80, 1024, 6001, 31000, 49151, 60603, 65535):
        segment = project.chart.facts(port).segment
        others = [a.ports for a in project.chart.registry.assignments if a.name and port not in a.ports]
        below = max((ports.last for ports in others if ports.last < port), default=None)
        above = min((ports.first for ports in others if ports.first > port), default=None)
        assert (segment.below and segment.below.number, segment.above and segment.above.number) == (below, above)


def test_linux_parity_holds_in_its_pool_only(project: Project) -> None:
    halves = {port: project.chart.facts(port).pool_half for port in (32767, 32768, 32769, 60998, 60999, 61000)}
    assert halves == {32767: None, 32768: "even", 32769: "odd", 60998: "even", 60999: "odd", 61000: None}


@pytest.mark.parametrize(
    ("port", "level", "reason"),
    [
        (0, "no", "zero"),
        (443, "no", "assigned"),
        (60603, "poor", "dynamic"),
        (6667, "no", "blocked"),
        (9092, "poor", "used"),
        (9989, "good", "unassigned"),
        (29998, "fair", "spread"),
    ],
)
def test_verdicts(project: Project, port: int, level: str, reason: str) -> None:
    verdict = project.judge.verdict(project.chart.facts(port).segment)
    assert verdict.level == level
    assert reason in verdict.reasons


def test_better_ports_are_good_and_nearest(project: Project) -> None:
    chart, judge = project.chart, project.judge
    for port in (0, 80, 3000, 8080, 49151, 60603):
        better = judge.verdict(chart.facts(port).segment).better
        assert better
        assert all(judge.verdict(chart.facts(other).segment).level == "good" for other in better)
        distance = min(abs(other - port) for other in better)
        nearer = range(max(0, port - distance + 1), min(65536, port + distance))
        assert not any(judge.verdict(chart.facts(other).segment).level == "good" for other in nearer)


def test_the_page_says_where_registry_and_practice_differ(project: Project) -> None:
    differs = {port: view.differs(project.chart.facts(port).segment) for port in (9092, 1521, 22, 5353, 60603)}
    assert differs == {9092: True, 1521: True, 22: False, 5353: False, 60603: False}
