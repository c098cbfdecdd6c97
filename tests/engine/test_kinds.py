"""Kinds, declared and not, through every engine: what is within what, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import StatsState

PARENTS = ["record:r1", "institute:i1", "community:c1"]


@pytest.fixture
def counted(rest: FlaskClient, rest_state: StatsState, stats_namespace: Namespace) -> FlaskClient:
    """One download, in a record, an institute and a community; one package of an instance."""
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    events = [
        {"type": "file-download", "resource": "file:f1", "parents": PARENTS, "session_id": "s"},
        {"type": "sip-created", "resource": "sip:s1", "parents": ["record:r1", "instance:a"]},
    ]
    rest_state.publish([{"timestamp": "2025-03-01T10:00:00Z", **event} for event in events])
    rest_state.process()
    rest_state.aggregate()
    return rest


def top(client: FlaskClient, name: str, **params: Any) -> Sequence[str]:
    answer = client.get(f"/api/stats/{name}-top", query_string=params)
    assert answer.status_code == 200, answer.text
    return [row["resource"] for row in answer.get_json()["buckets"]]


@pytest.mark.parametrize(
    ("name", "kind", "within", "found"),
    [
        ("file-download", "record", "institute:i1", ["record:r1"]),
        ("file-download", "file", "institute:i1", ["file:f1"]),
        ("file-download", "institute", "record:r1", []),
        ("file-download", "institute", "community:c1", []),
        ("file-download", "community", "institute:i1", []),
        ("file-download", "institute", "site:all", ["institute:i1"]),
        ("sip-created", "record", "instance:a", ["record:r1"]),
        ("sip-created", "instance", "record:r1", []),
    ],
)
def test_what_is_within_what(
    counted: FlaskClient, name: str, kind: str, within: str, found: list[str]
) -> None:
    assert top(counted, name, kind=kind, within=within) == found


@pytest.mark.parametrize("by", ["record", "institute", "community", "file"])
def test_every_kind_divides_what_was_in_it(counted: FlaskClient, by: str) -> None:
    for within in ("site:all", "institute:i1", "community:c1"):
        answer = counted.get("/api/stats/breakdown", query_string={"by": by, "within": within})
        (bucket,) = answer.get_json()["buckets"]
        assert bucket["key"].startswith(f"{by}:")
        assert bucket["value"] == answer.get_json()["total"] == 1
