"""Numbers that prose may print, computed from the registry: ``{range.dynamic.count}``, ``{pool.linux.first}``.

Port numbers and shares print in plain ASCII digits or with a per-cent sign, counts as the locale writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from babel.dates import format_date
from babel.numbers import format_percent

from portolan.locales import Locale
from portolan.ports import Chart
from portolan.registry.types import PORTS


class Count(int):
    """Printed in the locale's digits and grouping."""


class Share(float):
    """Printed as a percentage with one decimal."""


Constant = int | Count | Share | date


def constants(chart: Chart) -> dict[str, Constant]:
    """Every constant by the name of its placeholder."""
    return dict(_constants(chart))


def printed(value: Constant, locale: Locale) -> str:
    """A constant as the locale writes it."""
    if isinstance(value, Count):
        return locale.number(value)
    if isinstance(value, Share):
        return locale.digits(format_percent(value, "#,##0.0%", locale=locale.cldr, numbering_system="default"))
    if isinstance(value, date):
        return locale.digits(format_date(value, "long", locale=locale.cldr))
    return str(value)


def _constants(chart: Chart) -> Iterator[tuple[str, Constant]]:
    registry = chart.registry
    yield "ports.count", Count(PORTS)
    yield "ports.last", PORTS - 1
    if registry.updated:
        yield "registry.updated", date.fromisoformat(registry.updated)
    for kind, entries in (("range", registry.ranges), ("pool", registry.pools)):
        for entry in entries:
            yield f"{kind}.{entry.id}.first", entry.ports.first
            yield f"{kind}.{entry.id}.last", entry.ports.last
            yield f"{kind}.{entry.id}.count", Count(len(entry.ports))
    yield "blocked.count", Count(sum(len(blocked.ports) for blocked in registry.blocked))
    for range_ in registry.ranges:
        for transport in ("tcp", "udp"):
            named = sum(
                segment.last - segment.first + 1
                for segment in chart.within(range_.ports.first, range_.ports.last)
                if any(a.name and (transport in a.transports or not a.transports) for a in segment.services)
            )
            yield f"range.{range_.id}.{transport}.assigned", Count(named)
            yield f"range.{range_.id}.{transport}.share", Share(named / len(range_.ports))
