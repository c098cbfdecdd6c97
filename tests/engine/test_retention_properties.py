"""Random histories, before and after what is old was let go: every answer is the same.

An example is some dozens of events on days around all edges of retention: months rolled
up, the last month that is, raw events dropped, the day at that edge, private fields scrubbed
and not.
Every named query about every resource, divisions by what was used, all totals and all rows
of people are asked before and after; then the open days are counted again, the audit must
find nothing, and a person is forgotten, which changes no count.

    STATS_PROPERTY_EXAMPLES=50   more examples (3 by default)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stats.audit.job import AuditJob
from stats.audit.run import run_audit
from stats.engines.folder import Addresses
from stats.engines.namespace import clean_up, fresh_namespace
from stats.events.parse import parse_event
from stats.events.raw_document import build_raw
from stats.ext import StatsState
from stats.reports.breakdown import parse_breakdown, run_breakdown
from stats.retention.periods import Term
from stats.stores.search import Action
from stats.times import DAY, iso_ms, utc_now
from tests.engine.forgetting import HUMAN, ROBOT, UPLOAD, Day, forget, open_state, raw, retain

EXAMPLES = int(os.environ.get("STATS_PROPERTY_EXAMPLES", "3"))
TYPES = ("record-view", "file-download", UPLOAD.name)


def days_ago(day: date) -> int:
    return (utc_now().date() - day).days


def edges() -> list[int]:
    """How many days ago the edges are, and the days beside them."""
    today = utc_now().date()
    rolled, dropped = Term(months=60).before(today).replace(day=1), Term(months=24).before(today)
    near = [days_ago(edge) for edge in (rolled, dropped, today - 30 * DAY)]
    return [one for edge in near for one in (edge - 1, edge, edge + 1)] + [1, 40, 1900, 1901, 2300]


ACTORS: tuple[dict[str, Any], ...] = (
    {"user_id": "u1", "ip_address": "8.8.8.8"},
    {"user_id": "u2", "session_id": "s2"},
    {"session_id": "s1"},
    {"ip_address": "129.132.1.1"},
    {},
)
PLACES: tuple[dict[str, Any], ...] = (
    {"type": "record-view", "resource": "record:r1", "parents": ["concept:c", "community:a"]},
    {"type": "record-view", "resource": "record:r1", "parents": ["concept:c", "community:b"]},
    {"type": "record-view", "resource": "record:r2", "owner_id": "u1", "access": "restricted"},
    {"type": "file-download", "resource": "file:f", "parents": ["record:r1"], "size": 7},
    {"type": UPLOAD.name, "resource": "record:r1", "size": 5, "value": 2},
    {"type": UPLOAD.name, "resource": "community:a", "value": 8, "access": "closed"},
)
DETAILS: tuple[dict[str, Any], ...] = (
    {},
    {"via": "api"},
    {"via": "extractor"},
    {"user_agent": ROBOT},
    {"user_agent": "Wget/1.21.4"},
    {"referrer": "https://www.example.org/"},
)
TIMES = ("00:00:10", "00:00:25", "09:59:59", "10:00:15", "23:59:45", "23:59:59")


def is_spread(drawn: list[Any]) -> bool:
    """Return whether events are on many days: one that is on few tells nothing."""
    return len({ago for ago, *_ in drawn}) > 7


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a history: few people, resources and times, so that clicks meet."""
    one = st.tuples(
        st.sampled_from(edges()),
        st.sampled_from(TIMES),
        st.sampled_from(PLACES),
        st.sampled_from(ACTORS),
        st.sampled_from(DETAILS),
    )
    drawn = draw(st.lists(one, min_size=40, max_size=80).filter(is_spread))
    return [
        Day(ago).at(time, **place, **{"user_agent": HUMAN, **actor, **detail})
        for ago, time, place, actor, detail in drawn
    ]


def store(state: StatsState, events: Sequence[dict[str, Any]]) -> None:
    """Store raw documents as processing does, without the queue, and count them."""
    actions = []
    for number, event in enumerate(events):
        parsed = parse_event({**event, "id": f"{number}"}, types=state.event_types, now=utc_now())
        one = build_raw(parsed, enrichment=state.enrichment)
        source = one.source | {"indexed_at": iso_ms(utc_now())}
        index = state.stores.search.raw(one.type_name, one.month)
        actions.append(Action("create", index, one.id, source))
    assert all(result.ok for result in state.stores.search.bulk(actions))
    state.aggregate()


def answers(state: StatsState, *, people: bool = True) -> dict[str, Any]:
    """Return every answer about every resource: totals, months, breakdowns, rankings."""
    found: dict[str, Any] = {}
    window = {"from": Day(2400).date.isoformat(), "to": Day(0).date.isoformat()}
    refs = sorted(row["_id"] for row in state.stores.totals.every_total())
    for name, params in questions(state, refs, window, people=people):
        answer = state.query(name, params)
        del answer["counted_until"]
        answer.pop("since", None)  # a month knows its days no more
        found[f"{name} {params}"] = answer
    found |= divided(state)
    rows = [*state.stores.totals.every_total()]
    rows += [*state.stores.totals.every_user()] if people else []
    found["rows"] = sorted(map(str, map(without_bookkeeping, rows)))
    return found


def questions(
    state: StatsState, refs: Sequence[str], window: dict[str, str], *, people: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in TYPES:
        breakdowns = [b.name for b in state.event_types[name].breakdowns]
        for ref in refs:
            yield f"{name}-total", {"resource": ref}
            yield f"{name}-histogram", {"resource": ref, "interval": "month", **window}
            for one in breakdowns:
                if people or one != "user":
                    yield f"{name}-by", {"resource": ref, "breakdown": one, "size": 1000}
        yield f"{name}-top", {"kind": "record", "within": "community:a"}


def divided(state: StatsState) -> dict[str, Any]:
    """Return how views and downloads divide by what was used, of all and in one community."""
    sources = state.reporter.sources
    found = {}
    for by in ("record", "community"):
        for metric in ("views", "downloads"):
            for within in ("site:all", "community:a"):
                asked = parse_breakdown(
                    {"by": by, "metric": metric, "within": within},
                    kinds=state.kinds,
                    dimensions=state.definitions.dimensions,
                )
                answer = run_breakdown(asked, sources)
                assert all(bucket["value"] > 0 for bucket in answer["buckets"]), answer
                assert sum(bucket["value"] for bucket in answer["buckets"]) == answer["total"]
                found[f"{metric} of {within} by {by}"] = answer["buckets"]
    return found


def without_bookkeeping(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("ticket", "updated", "counted_until")}


def recount_open_days(state: StatsState) -> None:
    for day in sorted({one["timestamp"][:10] for one in raw(state)}):
        state.aggregate((date.fromisoformat(day), date.fromisoformat(day)))


def expect_no_differences(state: StatsState) -> None:
    job = AuditJob(state.aggregation_job, utc_now, lambda seconds: None, pytest.fail)
    done = run_audit(job, (None, None))
    assert (done.differences, done.waiting) == (0, ())


def test_no_answer_changes(stats_engines: Addresses) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],  # a smaller example takes too long to find
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(events=histories())
    def one_example(events: list[dict[str, Any]]) -> None:
        namespace = fresh_namespace(stats_engines)
        state = open_state(namespace)
        try:
            check(state, events)
        finally:
            state.stores.search.close()
            clean_up(namespace)

    one_example()


def check(state: StatsState, events: list[dict[str, Any]]) -> None:
    store(state, events)
    before = answers(state)
    done = retain(state)
    assert (done.refused, done.unsettled) == ((), ())
    assert answers(state) == before
    today = utc_now().date()
    kept_from = {"raw": Term(months=24).before(today), "private": today - 30 * DAY}
    for one in raw(state):
        day = date.fromisoformat(one["timestamp"][:10])
        assert day >= kept_from["raw"]
        assert day >= kept_from["private"] or "private" not in one
    recount_open_days(state)
    assert answers(state) == before
    expect_no_differences(state)
    counts = answers(state, people=False)
    forget(state, "u1")
    assert answers(state, people=False) == counts
    expect_no_differences(state)
    again = retain(state)
    assert (again.dropped_events, again.scrubbed_events, again.months) == (0, 0, 0)
