"""What was in what within a day: parts of what moved, nothing of what did not."""

from __future__ import annotations

from datetime import date
from typing import Any

from stats.aggregations.count_day import DayCounter
from stats.aggregations.daily_documents import Snapshot, build_documents
from stats.aggregations.types import MEMBERSHIP_FAMILY, Aggregation, daily
from stats.events.catalogue import FILE_DOWNLOAD, RECORD_VIEW
from stats.kinds.declared import build_kinds

VIEWS, DOWNLOADS = daily(RECORD_VIEW), daily(FILE_DOWNLOAD)
DAY = "2024-03-05"
Hit = dict[str, Any]


def hit(number: int, session: str, *resources: str, at: str = "", **fields: Any) -> Hit:
    source = {
        "id": f"e{number}",
        "timestamp": f"{DAY}T{at or f'10:{number:02d}:00'}.000Z",
        "indexed_at": f"{DAY}T12:00:00.000Z",
        "resources": [*resources, "site:all"],
        "visitor_id": session,
        "session": session,
        "url_key": resources[0],
        "via": "ui",
        "size": 10,
    }
    return {"_source": source | fields}


def documents(*slices: dict[Aggregation, list[Hit]]) -> dict[str, dict[Any, Hit]]:
    counter = DayCounter(
        [VIEWS, DOWNLOADS], kinds=build_kinds(), day_end="2024-03-06", since="", per_user=False
    )
    for hits in slices:
        counter.add_slice(hits.items())
    found: dict[str, dict[Any, Hit]] = {}
    for one in build_documents(counter.finish(), Snapshot(date(2024, 3, 5), 1), whole=True):
        if one.body is not None:
            container = one.body.get("container")
            key = (one.resource, container) if container else one.resource
            found.setdefault(one.family, {})[key] = one.body
    return found


def within(found: dict[str, dict[Any, Hit]], event: str, container: str) -> dict[str, int]:
    """Add up what a ranking within a container adds up."""
    sums: dict[str, int] = {}
    for one in found.get(event, {}).values():
        if container in one["parents"] and container not in one.get("partly", ()):
            sums[one["resource"]] = sums.get(one["resource"], 0) + one["count"]
    for (resource, of), one in found.get(MEMBERSHIP_FAMILY, {}).items():
        if of == container and one["event"] == event:
            sums[resource] = sums.get(resource, 0) + one["count"]
    return sums


A, B, C = "community:a", "community:b", "collection:c"


def test_what_never_moves_has_no_parts() -> None:
    found = documents({VIEWS: [hit(1, "s", "record:1", A), hit(2, "t", "record:2", B)]})
    assert MEMBERSHIP_FAMILY not in found
    assert not any("partly" in one for one in found["record-view"].values())


def test_a_move_within_a_day_divides_the_day() -> None:
    hits = [
        hit(1, "s", "record:1", A, C),
        hit(2, "t", "record:1", A, C),
        hit(3, "s", "record:1", B, C),
        hit(4, "u", "record:2", A),
        hit(5, "v", "record:1", B, C, excluded="robot"),
    ]
    whole, sliced = documents({VIEWS: hits}), documents(*({VIEWS: [one]} for one in hits))
    record = whole["record-view"]["record:1"]
    assert (record["count"], record["unique_count"], record["excluded_count"]) == (3, 2, 1)
    assert (record["parents"], record["partly"]) == ([C, A, B], [A, B])
    parts = whole[MEMBERSHIP_FAMILY]
    numbers = {key: [one[n] for n in ("count", "unique_count", "volume", "excluded_count")]
               for key, one in parts.items()}  # fmt: skip
    assert numbers[("record:1", A)] == [2, 2, 20, 0]
    assert numbers[("record:1", B)] == [1, 1, 10, 1]
    assert {key for key in parts if key[0] == "record:1"} == {("record:1", A), ("record:1", B)}
    assert within(whole, "record-view", C)["record:1"] == 3
    for container in (A, B, C):
        ours = within(whole, "record-view", container)
        inside = sum(n for ref, n in ours.items() if ref.startswith("record:"))
        assert inside == whole["record-view"][container]["count"]
        assert within(sliced, "record-view", container) == ours


def test_one_session_before_and_after_is_one_unique_of_what_held_both() -> None:
    hits = [hit(1, "s", "record:1", A, B), hit(2, "s", "record:1", B)]
    found = documents({VIEWS: hits})
    assert found["record-view"]["record:1"]["partly"] == [A]
    assert found[MEMBERSHIP_FAMILY]["record:1", A]["unique_count"] == 1
    third = documents({VIEWS: [hit(1, "s", "record:1", A, B), hit(2, "s", "record:1", B, C),
                               hit(3, "s", "record:1", C)]})  # fmt: skip
    assert third[MEMBERSHIP_FAMILY]["record:1", B]["unique_count"] == 1
    assert third[MEMBERSHIP_FAMILY]["record:1", B]["count"] == 2


def test_types_are_divided_each_by_itself() -> None:
    found = documents(
        {
            VIEWS: [hit(1, "s", "record:1", A)],
            DOWNLOADS: [hit(2, "s", "file:1", "record:1", B)],
        }
    )
    assert within(found, "record-view", A) == {"record:1": 1}
    assert within(found, "record-view", B) == {}
    assert within(found, "file-download", B) == {"file:1": 1, "record:1": 1}
    assert within(found, "file-download", A) == {}


def test_a_part_that_a_later_click_pushes_out_goes() -> None:
    first = hit(1, "s", "record:1", A, at="10:00:00")
    counter = DayCounter(
        [VIEWS], kinds=build_kinds(), day_end="2024-03-06", since="", per_user=False
    )
    counter.add_slice([(VIEWS, [first, hit(2, "s", "record:1", B, at="10:00:10")])])
    documents = build_documents(counter.finish(), Snapshot(date(2024, 3, 5), 1), whole=False)
    parts = {d.body["container"] if d.body else None for d in documents
             if d.family == MEMBERSHIP_FAMILY}  # fmt: skip
    assert parts == {None, B}
