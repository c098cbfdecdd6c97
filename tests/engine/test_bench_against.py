"""``stats bench --against invenio-stats``: exact is what the model says, and theirs is its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from counter_robots import is_robot

from stats.bench.against import load_peer
from stats.bench.counting import aggregate_new
from stats.bench.exactness import KIND_OF, Numbers, run_read_numbers
from stats.bench.ingesting import process, publish_single
from stats.bench.places import open_state
from stats.bench.stream import read_part, write_parts
from stats.engines.folder import Addresses
from stats.engines.namespace import Namespace
from stats.errors import ConfigError
from tests.engine.benching import run_bench
from tests.model import count
from tests.model.country import shipped_country
from tests.model.events import time_of

SECONDS = 300
WINDOW_MS = 30_000

try:
    peer = load_peer()
except ConfigError as error:
    pytest.skip(str(error), allow_module_level=True)


def test_all_that_differs_is_the_fixed_window(stats_namespace: Namespace, tmp_path: Path) -> None:
    (part,) = write_parts(2_000, parts=1, folder=tmp_path)
    state = open_state(stats_namespace)
    state.init()
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    publish_single(stats_namespace, part)
    process(stats_namespace)
    _, days = aggregate_new(stats_namespace)
    peer.prepare(stats_namespace)
    assert peer.process(stats_namespace, part).number == 2_000
    peer.aggregate(stats_namespace, max(days))
    exact, ours = run_read_numbers(stats_namespace)
    events = read_part(part)
    assert ours == exact == by_the_model(events)
    assert peer.read_numbers(stats_namespace) == by_fixed_windows(events) != exact


def by_the_model(events: list[dict[str, Any]]) -> Numbers:
    """What people did, by COUNTER's rules."""
    return {
        (type_, day, ref): (regular[0], regular[1])
        for (type_, day, ref), document in count(events, country=shipped_country).daily.items()
        if ref.startswith(f"{KIND_OF[type_]}:")
        if (regular := document["breakdown"]["access_method"].get("regular"))
    }


def by_fixed_windows(events: Iterable[dict[str, Any]]) -> Numbers:
    """What invenio-stats says of itself: one event a visitor, resource and half minute."""
    windows: dict[tuple[str, str, str], set[tuple[str, int]]] = defaultdict(set)
    sessions: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for event in events:
        if is_robot(event["user_agent"]):
            continue
        key = (event["type"], event["timestamp"][:10], event["resource"])
        hour = event["timestamp"][:13]
        anonymous = f"{event['ip_address']}|{event['user_agent']}|{hour}"
        windows[key].add(
            (event.get("user_id") or anonymous, time_of(event["timestamp"]) // WINDOW_MS)
        )
        sessions[key].add(f"{event['user_id']}|{hour}" if "user_id" in event else anonymous)
    return {key: (len(clicks), len(sessions[key])) for key, clicks in windows.items()}


def test_it_compares_and_late_events_are_counted(stats_engines: Addresses) -> None:
    lines = run_bench(stats_engines, "--against", "invenio-stats")
    assert lines[0].split() == ["figure", "stats", "invenio-stats", "ratio"]
    differ = [line.rsplit(maxsplit=2) for line in lines if "counts that differ" in line]
    assert len(differ) == 6
    assert {ours for _, ours, _ in differ} == {"0"}
    (late,) = (line.rsplit(maxsplit=3) for line in lines if line.startswith("counted of late"))
    assert late[0].endswith("exactly")
    assert late[1] == late[2]
    assert int(late[3]) < int(late[2])
    assert any(line.startswith("invenio-stats ") for line in lines)
    assert any(line.startswith("Left out") for line in lines)
