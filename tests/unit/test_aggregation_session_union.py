"""Usage that several types unite to, against sets of sessions."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest

from stats.aggregations.breakdown_rows import divide, limited, sums
from stats.aggregations.session_union import Shared, UsageType, UsageUnion, add_shared_sessions
from stats.aggregations.tally import Numbers, Tally, fold

KEYS = {0: ["a", "b", "a"], 1: ["b", "a"], 2: ["c", "b", "a", "c"]}
REQUESTS = {1, 2}
Seen = list[tuple[int, int, str]]
"""Type, profile and session of every click."""


def clicks(seed: int, sessions: int) -> Seen:
    random = Random(seed)
    found = []
    for _ in range(40):
        number = random.randrange(3)
        profile = random.randrange(len(KEYS[number]))
        found.append((number, profile, f"{seed}-s{random.randrange(sessions)}"))
    return found


def tallies(seen: Seen) -> dict[int, Tally]:
    found: dict[int, Tally] = defaultdict(Tally)
    for number, profile, session in seen:
        one = found[number]
        one.profiles.setdefault(profile, [0, 0])
        one.profiles[profile][0] += 1
        one.profiles[profile][1] += 10
        first = one.sessions.setdefault(session, profile)
        if first != profile:
            one.mixed.setdefault(session, {first}).add(profile)
    return dict(found)


def expected(seen: Seen) -> dict[str, list[int]]:
    rows: dict[str, Any] = defaultdict(lambda: [0, set(), 0, set(), 0])
    for number, profile, session in seen:
        row = rows[KEYS[number][profile]]
        row[0] += 1
        row[1].add(session)
        if number in REQUESTS:
            row[2] += 1
            row[3].add(session)
            row[4] += 10
    return {key: [r[0], len(r[1]), r[2], len(r[3]), r[4]] for key, r in rows.items()}


@pytest.mark.parametrize("sessions", [1, 5, 30])
@pytest.mark.parametrize("seed", range(4))
def test_a_session_of_several_types_is_one_unique_of_each_row(seed: int, sessions: int) -> None:
    shared: Shared = {}
    numbers = {number: {"record:r": Numbers()} for number in KEYS}
    slices = [clicks(seed, sessions), clicks(seed + 100, sessions)]
    for seen in slices:
        parts = tallies(seen)
        add_shared_sessions(parts, shared)
        for number, one in parts.items():
            fold(one, numbers[number]["record:r"])
    types = [UsageType(n, n in REQUESTS, KEYS[n], numbers[n]) for n in KEYS]
    assert UsageUnion(types).rows("record:r", shared) == expected([*slices[0], *slices[1]])
    assert UsageUnion(types).rows("record:other", {}) == {}


def test_rows_and_sums_of_one_type() -> None:
    one = tallies([(2, 0, "s"), (2, 3, "s"), (2, 1, "s"), (2, 2, "t"), (2, 2, "t")])[2]
    numbers = Numbers()
    fold(one, numbers)
    assert sums(numbers) == [5, 2, 50]
    rows = divide(numbers, KEYS[2])
    assert rows == {"c": [2, 1, 20], "b": [1, 1, 10], "a": [2, 1, 20]}
    assert limited(rows, 1, numbers, KEYS[2]) == [["a", 2, 1, 20], ["(other)", 3, 1, 30]]
    assert limited(rows, None, numbers, KEYS[2]) == [
        ["a", 2, 1, 20],
        ["c", 2, 1, 20],
        ["b", 1, 1, 10],
    ]
