"""Random streams of events, in random batches and orders, against the model, on real engines.

An example is a stream of a hundred events or so and a plan: which events go in which batch, and
what happens between the batches (process, aggregate, both again, an aggregation or a bulk that
is slow). In the end everything is processed and aggregated once more, and every number must be
the model's.

The examples share one system, as years share one installation: each has its own days, resources,
people and ids, so that one that fails leaves the others alone. Times crowd around the edges
that decide: 30 seconds, the hour, midnight, and, as the days go by, the ends of months.

    STATS_PROPERTY_EXAMPLES=200   more examples (10 by default, of whole days and of days in slices)
    STATS_PROPERTY_SEED=7         other examples than the fixed ones; the seed is printed
    STATS_PROPERTY_SHRINK=1       look for a smaller example of a failure
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import count as counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from tests.golden.case import all_differences, read_pipeline
from tests.model import Counted, count
from tests.model.country import shipped_country
from tests.pipeline import Handle, Pipeline

Event = dict[str, Any]

FIRST_DAY = datetime(2019, 1, 30, tzinfo=timezone.utc)
DAYS_APART = 3  # an example may reach into the day after its second one
EXAMPLES = int(os.environ.get("STATS_PROPERTY_EXAMPLES", "10"))
SEED = os.environ.get("STATS_PROPERTY_SEED")
PHASES = [Phase.explicit, Phase.generate]
if os.environ.get("STATS_PROPERTY_SHRINK"):
    PHASES.append(Phase.shrink)
SHOWN = 30

# Seconds of the example's first day at which something changes, and steps around a double click.
# What is named more than once is drawn more often: most events should count.
EDGES = (36_000, 39_600, 86_400, 86_400)
STEPS = (0, 1, 10_000, 29_999, 30_000, 30_001, 31_000)

HUMAN = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
AGENTS = (
    None,
    None,
    HUMAN,
    HUMAN,
    HUMAN,
    "",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Wget/1.21.4",
)
ACTORS: tuple[Event, ...] = (
    {},
    {"user_id": "u1"},
    {"user_id": "u1", "session_id": "s1"},
    {"user_id": "u2", "ip_address": "129.132.1.1"},
    {"session_id": "s1"},
    {"session_id": "s1", "ip_address": "8.8.8.8"},
    {"session_id": "s2"},
    {"user_cookie": "c1"},
    {"user_cookie": "c1", "session_id": "s1", "ip_address": "8.8.8.8"},
    {"user_id": "u1", "user_cookie": "c1"},
    {"ip_address": "8.8.8.8"},
    {"ip_address": "129.132.1.1"},
    {"ip_address": "192.0.2.1"},
)
PLACES: tuple[Event, ...] = (
    {"type": "record-view", "resource": "record:r1", "parents": ["concept:p", "community:a"]},
    {"type": "record-view", "resource": "record:r1", "parents": ["concept:p", "community:b"]},
    {"type": "record-view", "resource": "record:r2", "owner_id": "u1"},
    {"type": "record-view", "resource": "record:r2", "owner_id": "u9", "access": "restricted"},
    {"type": "file-download", "resource": "file:f1", "parents": ["record:r1", "concept:p"]},
    {"type": "file-download", "resource": "file:f2", "parents": ["record:r1", "concept:p"]},
    {"type": "file-download", "resource": "record:r2", "parents": ["community:a"]},
)
DETAILS: tuple[Event, ...] = (
    {},
    {},
    {},
    {},
    {"size": 7, "via": "api"},
    {"size": 1000, "referrer": "https://www.example.org/x"},
    {"via": "preview"},
    {"via": "extractor"},
    {"access": "closed", "value": 2},
    {"request_url": "/r1"},
    {"request_url": "/r1?page=2", "size": 3},
)


@st.composite
def visits(draw: st.DrawFn) -> list[Event]:
    """Draw one visitor's clicks around one edge: close to each other, so that chains form."""
    at = draw(st.sampled_from(EDGES)) * 1000 - draw(
        st.sampled_from((1, 5_000, 15_000, 29_999, 30_000))
    )
    actor, agent = draw(st.sampled_from(ACTORS)), draw(st.sampled_from(AGENTS))
    places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2))
    clicks = []
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=6)):
        at += step
        click = {**draw(st.sampled_from(places)), **actor, **draw(st.sampled_from(DETAILS))}
        clicks.append({**click, "at": at, **({} if agent is None else {"user_agent": agent})})
    return clicks


ACTIONS = ("process", "aggregate", "process+aggregate", "slow", "begin", "finish")


@dataclass(frozen=True)
class Plan:
    """Events (their times in ms after the example's first midnight) and what happens to them."""

    events: list[Event]
    batches: list[list[int]]  # indices of events, repetitions included
    between: list[list[str]]  # actions after each batch


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    stream = draw(st.lists(visits(), min_size=20, max_size=40))
    ids = draw(st.permutations(range(sum(map(len, stream)))))
    clicks = [click for visit in stream for click in visit]
    events = [{**click, "id": f"{number:03d}"} for click, number in zip(clicks, ids, strict=True)]
    order = draw(st.permutations(range(len(events))))
    again = draw(st.lists(st.sampled_from(order), max_size=5))
    sent = [*order, *again]
    cuts = sorted(draw(st.lists(st.integers(0, len(sent)), min_size=1, max_size=4)))
    batches = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    actions = st.lists(st.sampled_from(ACTIONS), max_size=3)
    return Plan(events, batches, [draw(actions) for _ in batches])


@pytest.mark.parametrize(
    "overrides", [{}, {"STATS_AGGREGATE_SLICE_EVENTS": 20}], ids=["whole", "sliced"]
)
def test_any_stream_in_any_batches_equals_the_model(pipeline: Pipeline) -> None:
    numbers = counter()

    @settings(
        max_examples=EXAMPLES,
        derandomize=SEED is None,
        database=None,
        deadline=None,
        phases=PHASES,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(plan=plans())
    def one_example(plan: Plan) -> None:
        example = Example(next(numbers))
        events = [example.own(event) for event in plan.events]
        follow(plan, events, pipeline)
        expect_equal(events, example, pipeline)

    if SEED is not None:
        print(f"STATS_PROPERTY_SEED={SEED}")
        one_example = seed(int(SEED))(one_example)
    one_example()


@dataclass(frozen=True)
class Example:
    """The names and days that belong to one example alone."""

    number: int

    @property
    def start(self) -> datetime:
        return FIRST_DAY + timedelta(days=DAYS_APART * self.number)

    def own(self, event: Event) -> Event:
        moment = self.start + timedelta(milliseconds=event["at"])
        own = {key: value for key, value in event.items() if key != "at"}
        own["timestamp"] = moment.isoformat(timespec="milliseconds")
        for field in ("id", "resource", "user_id", "user_cookie", "owner_id", "session_id"):
            if field in own:
                own[field] = f"{own[field]}-{self.number}"
        if "parents" in own:
            own["parents"] = [f"{parent}-{self.number}" for parent in own["parents"]]
        return own

    def select(self, counted: Counted) -> Counted:
        """Keep what is this example's: its days, its names (so not the total of the site)."""
        days = {f"{self.start + timedelta(days=day):%Y-%m-%d}" for day in range(DAYS_APART)}
        ending = f"-{self.number}"
        return Counted(
            daily=pick(counted.daily, lambda bucket: bucket[1] in days),
            usage=pick(counted.usage, lambda bucket: bucket[0] in days),
            totals=pick(counted.totals, lambda ref: ref.endswith(ending)),
            users=pick(counted.users, lambda bucket: bucket[0].endswith(ending)),
        )


def pick(documents: Mapping[Any, Any], wanted: Callable[[Any], bool]) -> dict[Any, Any]:
    return {bucket: document for bucket, document in documents.items() if wanted(bucket)}


def follow(plan: Plan, events: list[Event], pipeline: Pipeline) -> None:
    """Send the batches and act between them; nothing is left undone in the end."""
    waiting: list[tuple[str, Handle]] = []
    for batch, actions in zip(plan.batches, plan.between, strict=True):
        pipeline.publish([events[index] for index in batch])
        for action in actions:
            act(action, pipeline, waiting)
    for _, handle in waiting:
        handle.finish()
    pipeline.process()
    pipeline.aggregate()


def act(action: str, pipeline: Pipeline, waiting: list[tuple[str, Handle]]) -> None:
    """Do one thing. One bulk at most is slow: what it holds, its queue may still count."""
    slow = any(began == "slow" for began, _ in waiting)
    if "process" in action:
        pipeline.process()
    if "aggregate" in action:
        pipeline.aggregate()
    if action == "slow" and not slow:
        waiting.append((action, pipeline.slow_process()))
    if action == "begin":
        waiting.append((action, pipeline.begin_aggregation()))
    if action == "finish" and waiting:
        waiting.pop()[1].finish()


def expect_equal(events: list[Event], example: Example, pipeline: Pipeline) -> None:
    model = example.select(count(events, country=shipped_country))
    lines = all_differences(model, example.select(read_pipeline(pipeline)))
    for event in sorted(events, key=lambda event: (event["timestamp"], event["id"])):
        note(str(event))
    assert not lines, "\n".join([f"{len(lines)} differences, the first:", *lines[:SHOWN]])
