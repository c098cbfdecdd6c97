"""Days become a month: every sum, row and extreme is that of the days."""

from __future__ import annotations

from datetime import date

from stats.retention.month import merge, roll_up

MARCH = date(2020, 3, 1)


def day(number: int, **fields):
    return {
        "timestamp": f"2020-03-{number:02d}T00:00:00.000Z",
        "event": "upload",
        "resource": "record:r1",
        "source": "events",
        "interval": "day",
        "parents": [],
        "count": 1,
        **fields,
    }


def test_numbers_add_up_and_extremes_stay():
    days = [
        day(2, count=3, unique_count=2, sum=1.5, max=9, last_value=4, last="2020-03-02T10"),
        day(1, count=5, unique_count=5, sum=2.5, max=3, last_value=7, last="2020-03-01T23"),
        day(3, count=0, excluded_count=2, excluded={"robot": 2}),
        day(4, excluded={"robot": 1, "owner": 1}, excluded_count=2),
    ]
    month = merge(days, MARCH)
    assert month["timestamp"] == "2020-03-01T00:00:00.000Z"
    assert (month["interval"], month["count"], month["unique_count"]) == ("month", 9, 7)
    assert (month["sum"], month["max"], month["last_value"]) == (4.0, 9, 4)
    assert (month["last"], month["excluded"]) == ("2020-03-02T10", {"robot": 3, "owner": 1})
    assert month["excluded_count"] == 4


def test_breakdowns_add_row_by_row_and_lose_none():
    hundred = [[f"u{number:03d}", 2, 1, 0] for number in range(100)]
    days = [
        day(1, breakdown={"user": [*hundred, ["(other)", 9, 9, 1]], "access": [["open", 1, 1, 0]]}),
        day(2, breakdown={"user": [["v", 5, 4, 3], ["u000", 1, 1, 1]]}),
    ]
    rows = merge(days, MARCH)["breakdown"]
    assert rows["access"] == [["open", 1, 1, 0]]
    assert rows["user"][:3] == [["(other)", 9, 9, 1], ["v", 5, 4, 3], ["u000", 3, 2, 1]]
    assert len(rows["user"]) == 102


def test_a_month_rolled_up_again_is_the_same():
    days = [day(n, breakdown={"access": [["open", n, n, 0]]}, count=n) for n in range(1, 9)]
    month = merge(days, MARCH)
    assert merge([month], MARCH) == month
    assert merge([merge(days[:5], MARCH), *days[5:]], MARCH) == month


def test_what_queries_tell_apart_stays_apart():
    days = [
        day(1),
        day(2, parents=["community:a"]),
        day(3, parents=["community:a"]),
        day(3, source="legacy"),
        day(1, resource="record:r2"),
    ]
    months = list(roll_up(days, MARCH))
    assert [(m["resource"], m["parents"], m["source"], m["count"]) for _, m in months] == [
        ("record:r1", [], "events", 1),
        ("record:r1", ["community:a"], "events", 2),
        ("record:r1", [], "legacy", 1),
        ("record:r2", [], "events", 1),
    ]
    assert len({key for key, _ in months}) == 4


def test_people_add_up_by_type_and_via():
    days = [
        day(1, user_id="u", views=2, counts={"record-view": {"ui": 2}}, via={"ui": {"views": 2}}),
        day(2, user_id="u", views=1, counts={"record-view": {"api": 1}}, via={"ui": {"views": 1}}),
    ]
    month = merge(days, MARCH)
    assert month["views"] == 3
    assert month["counts"] == {"record-view": {"ui": 2, "api": 1}}
    assert month["via"] == {"ui": {"views": 3}}
