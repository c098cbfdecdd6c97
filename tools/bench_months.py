"""What setting totals costs with one month of daily documents behind them, and with ten years.

    python tools/bench_months.py [--resources 50] [--years 10]

starts embedded engines, fills daily documents, one a resource and day, and sets the totals of all
resources after one more day, alternately with little and with much behind them; and asks the
search over all days for comparison. Only ratios can be quoted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from stats import engines
from stats.aggregations.daily_documents import document_id
from stats.aggregations.months import build_sums
from stats.aggregations.totals import run_totals
from stats.batches import batches
from stats.engines.namespace import fresh_namespace
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.search import Action
from stats.times import month_of, utc_now

LAST = date(2026, 6, 30)
ROUNDS = 9
TYPE = "record-view"


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=50)
    parser.add_argument("--years", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        addresses = engines.start(Path(folder), attached=True, usual_ports=False)
        try:
            young, old = (StatsState(_settings(addresses)) for _ in range(2))
            refs = [f"record:{number}" for number in range(arguments.resources)]
            _fill(young, refs, days=30)
            _fill(old, refs, days=365 * arguments.years)
            _report(young, old, refs)
        finally:
            engines.stop(Path(folder))


def _settings(addresses: engines.Addresses) -> Any:
    return load_settings(fresh_namespace(addresses).as_config(), {})


def _fill(state: StatsState, refs: list[str], *, days: int) -> None:
    state.stores.search.put_templates()
    state.stores.months.ensure()
    state.stores.totals.ensure()
    for batch in batches(_documents(state, refs, days), 5_000):
        assert all(result.ok for result in state.stores.search.bulk(batch))
    _set(state, refs)


def _documents(state: StatsState, refs: list[str], days: int) -> Iterator[Action]:
    for back in range(days):
        day = (LAST - timedelta(back)).isoformat()
        for ref in refs:
            source = {
                "timestamp": f"{day}T00:00:00.000Z",
                "event": TYPE,
                "resource": ref,
                "kind": "record",
                "count": 2,
                "unique_count": 1,
                "volume": 0,
                "last": f"{day}T10:00:00.000Z",
                "source": "events",
                "interval": "day",
            }
            identity = document_id(TYPE, day, ref, "events")
            yield Action("index", state.stores.search.daily(TYPE, day[:7]), identity, source)


def _set(state: StatsState, refs: list[str]) -> None:
    touched = {(ref, month_of(LAST)) for ref in refs}
    run_totals(state.aggregation_job, touched, set(), now=utc_now())


def _ask_all(state: StatsState, refs: list[str]) -> None:
    body = build_sums(refs, 2, month=month_of(LAST))
    body["query"]["bool"]["filter"].pop()
    state.stores.search.search(state.aggregation_job.daily_names, body)


def _report(young: StatsState, old: StatsState, refs: list[str]) -> None:
    rows = {"totals set": _set, "a search over all days": _ask_all}
    for name, work in rows.items():
        little, much = _alternately(lambda s, w=work: w(s, refs), young, old)
        print(f"{name:26}{little:9.1f} ms{much:9.1f} ms   ratio {much / little:.2f}")


def _alternately(work: Callable[[StatsState], None], *states: StatsState) -> list[float]:
    """Return the median milliseconds of each, measured in turns after one round to warm up."""
    taken: list[list[float]] = [[] for _ in states]
    for number in range(ROUNDS + 1):
        for state, times in zip(states, taken, strict=True):
            began = perf_counter()
            work(state)
            if number:
                times.append((perf_counter() - began) * 1000)
    return [median(times) for times in taken]


if __name__ == "__main__":
    main()
