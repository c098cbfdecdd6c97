"""One use is one item: which resource of an event that is, and what documents say of it."""

from __future__ import annotations

import pytest

from stats.aggregations.daily_documents import Snapshot, build_documents
from stats.aggregations.item_attribution import ItemRole, find_item, item_roles
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.retention.month import merge
from tests.unit.test_aggregation_day import DAY, count, hits

KINDS = build_kinds([Kind("shelf"), Kind("box", within=("record",), counter_item=True)])
ITEMS, DATASETS = item_roles(KINDS)


def item(*resources: str, role: ItemRole = ITEMS) -> str:
    candidates = role.candidates(resources)
    return find_item(resources, candidates, KINDS.inside) if candidates else role.rest


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (["record:r", "dataset:d", "site:all"], "record:r"),
        (["file:f", "dataset:d", "record:r", "site:all"], "record:r"),
        (["file:f", "record:r", "dataset:d", "box:b", "site:all"], "box:b"),
        (["dataset:d", "record:r"], "dataset:d"),  # what was used is in what it names
        (["file:f", "record:b", "record:a"], "record:b"),
        (["file:f", "community:c", "user:u", "site:all"], "site:all"),
        (["shelf:s", "site:all"], "site:all"),
    ],
)
def test_the_item_is_the_most_specific(resources: list[str], expected: str) -> None:
    assert item(*resources) == expected


def test_a_data_set_is_found_by_itself() -> None:
    assert item("file:f", "record:r", "dataset:d", role=DATASETS) == "dataset:d"
    assert item("file:f", "record:r", role=DATASETS) == ""


@pytest.mark.parametrize("limit", [10_000, 37, 1])
@pytest.mark.parametrize("seed", range(3))
def test_items_and_the_rest_add_up_to_the_site(seed: int, limit: int) -> None:
    numbers = count(hits(seed), limit=limit, page=100)
    built = build_documents(numbers, Snapshot(DAY, 1), whole=True)
    usage = {d.resource: d.body for d in built if d.family == "usage" and d.body}
    total: dict[str, list[int]] = {}
    for resource, body in usage.items():
        kind, divided = body["kind"], body["breakdown"]
        if kind in ("record", "dataset"):
            rows = divided.get("item.access_method", divided["access_method"])
        else:
            rows = divided["item.access_method"] if resource == "site:all" else []
        for key, *row in rows:
            known = total.get(key, [0] * 5)
            total[key] = [a + b for a, b in zip(known, row, strict=True)]
    site = {key: row for key, *row in usage["site:all"]["breakdown"]["access_method"]}
    assert "item.access_method" in usage["dataset:1"]["breakdown"]
    assert "item.access_method" not in usage["record:1"]["breakdown"]
    assert total.keys() == site.keys()
    for key, row in site.items():
        assert [total[key][n] for n in (0, 2, 4)] == [row[n] for n in (0, 2, 4)]
        assert total[key][1] >= row[1]


def test_a_month_keeps_what_is_attributed() -> None:
    def day(number: int, resource: str, **divided: int) -> dict[str, object]:
        return {
            "resource": resource,
            "timestamp": f"2024-03-{number:02}T00:00:00.000Z",
            "breakdown": {
                name.replace("__", "."): [["regular", n, n, n, n, n]] for name, n in divided.items()
            },
        }

    days = [day(1, "dataset:d", access_method=5, item__access_method=2)]
    days.append(day(2, "dataset:d", access_method=3))
    divided = merge(days, DAY)["breakdown"]
    assert divided["item.access_method"] == [["regular", 5, 5, 5, 5, 5]]
    assert divided["access_method"] == [["regular", 8, 8, 8, 8, 8]]
    site = [day(1, "site:all", access_method=5, item__access_method=2)]
    site.append(day(2, "site:all", access_method=3))
    assert merge(site, DAY)["breakdown"]["item.access_method"] == [["regular", 2, 2, 2, 2, 2]]
