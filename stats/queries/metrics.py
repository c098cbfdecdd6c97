"""Every number that an answer may hold: how it is asked for, read and added up.

The one place that knows them. Invariant: ``count``, ``unique_count``,
``volume``, ``sum`` and ``excluded_count`` of nothing are 0; ``max``,
``last_value`` and ``average`` of nothing are null, since no value is known.
Uniques are sums of the days' uniques: a session never crosses midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stats.queries.types import Row
from stats.stores.dsl import A

WHOLE = ("count", "unique_count", "volume", "excluded_count")
SUMS = (*WHOLE, "sum")
COUNTS = ("count", "unique_count", "volume")


def csv_columns(metrics: Sequence[str], *, counts_as: str | None) -> tuple[str, ...]:
    """Return the metrics of a type that a table shows: a view carries no bytes away."""
    return tuple(name for name in metrics if name != "volume" or counts_as != "views")


def build_metrics(metrics: Sequence[str]) -> dict[str, Any]:
    """Return the aggregations that ``metrics`` are read from, by name."""
    sums = [name for name in SUMS if name in metrics or (name == "sum" and "average" in metrics)]
    built = {name: A("sum", field=name) for name in sums}
    if "max" in metrics:
        built["max"] = A("max", field="max")
    if "last_value" in metrics:
        built["last_value"] = _latest("last_value")
    return built


def _latest(field: str) -> Any:
    """Return the aggregation that finds the newest document that has ``field``."""
    newest = A("top_hits", size=1, sort=[{"timestamp": "desc"}, {"last": "desc"}], _source=[field])
    return A("filter", exists={"field": field}, aggs={"newest": newest})


def read_metrics(aggregations: Mapping[str, Any], metrics: Sequence[str]) -> Row:
    """Return the metrics of one bucket of a response, in the order of ``metrics``."""
    return {name: _read(aggregations, name) for name in metrics}


def _read(aggregations: Mapping[str, Any], name: str) -> float | int | None:
    if name == "average":
        return _average(aggregations["sum"]["value"], aggregations["count"]["value"])
    if name == "last_value":
        hits = aggregations[name]["newest"]["hits"]["hits"]
        return float(hits[0]["_source"][name]) if hits else None
    value: float | None = aggregations[name]["value"]
    return round(value or 0) if name in WHOLE else value


def _average(total: float, count: float) -> float | None:
    return total / count if count else None


def empty_row(metrics: Sequence[str]) -> Row:
    """Return the metrics of no documents."""
    zeros: dict[str, float | int] = {**dict.fromkeys(WHOLE, 0), "sum": 0.0}
    return {name: zeros.get(name) for name in metrics}


def add_rows(rows: Iterable[Row], metrics: Sequence[str]) -> Row:
    """Return the metrics of all ``rows`` together; later rows are later in time.

    ``average`` needs ``sum`` and ``count`` among the metrics.
    """
    total = empty_row(metrics)
    for row in rows:
        for name in metrics:
            total[name] = _add(name, total[name], row[name])
    if "average" in total:
        total["average"] = _average(total["sum"], total["count"])
    return total


def _add(name: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return left if right is None else right
    if name == "max":
        return max(left, right)
    return right if name == "last_value" else left + right
