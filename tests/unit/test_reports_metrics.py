"""Metrics reports: parameters, rows, order, the union of the parts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.errors import ConfigError, InputError, UnknownError
from stats.kinds.catalogue import FILE, REPORT_COLUMNS
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.reports.metrics import MetricsAnswer, parse_metrics, run_metrics
from stats.reports.rows import Row, Usage, build_reports
from stats.reports.stream import Format, body
from tests.report_sources import sources

BUILT = build_kinds()
KINDS = BUILT.named("combined")
VIEWED = datetime(2024, 5, 1, 2, 3, 4, 5000, tzinfo=timezone.utc)

HEADERS = {
    "metrics": "type,id,name,owner,owner_id,size_kb,uploaded/created,views,downloads,last_viewed,"
    "last_downloaded,location,parent_datasets,parent_collections,parent_spaces,status",
    "files": "type,id,name,owner,owner_id,size_kb,uploaded,views,downloads,last_viewed,"
    "last_downloaded,location,parent_datasets,parent_collections,parent_spaces,status",
    "datasets": "type,id,name,owner,owner_id,created,views,downloads,last_viewed,"
    "last_downloaded,parent_collections,parent_spaces",
    "collections": "type,id,name,owner,owner_id,created,views,last_viewed,"
    "parent_collections,parent_spaces",
    "records": "type,id,name,owner,owner_id,created,views,downloads,last_viewed,"
    "last_downloaded,parent_collections,parent_spaces,parent_communities",
    "communities": "type,id,name,owner,owner_id,created,views,downloads,last_viewed,"
    "last_downloaded,parent_collections,parent_spaces,parent_communities",
    "files_by_user": "type,id,name,user_id,user,views,downloads,last_viewed,last_downloaded,"
    "parent_datasets,parent_collections,parent_spaces",
}


def total(ref: str, views: int, downloads: int, **more: Any) -> dict[str, Any]:
    return {
        "_id": ref,
        "kind": ref.partition(":")[0],
        "views": views,
        "downloads": downloads,
        "last_viewed": VIEWED if views else None,
        "last_downloaded": None,
        **more,
    }


def text_of(answer: MetricsAnswer, form: Format = "csv") -> str:
    chunks = body(answer.request.report, answer.rows, form=form, head={"report": "x"})
    return b"".join(chunks).decode()


def rows_of(answer: MetricsAnswer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(answer), newline="")))


@pytest.mark.parametrize(("name", "header"), HEADERS.items())
def test_the_header_is_as_agreed(name: str, header: str) -> None:
    answer = run_metrics(parse_metrics(name, {}, kinds=BUILT), sources())
    assert text_of(answer) == f"{header}\r\n", (
        "a column that is wanted goes into HEADERS, above, and into tests/engine/golden_reports/"
    )
    assert answer.count == 0


def test_a_row_shows_usage_and_what_the_resource_is() -> None:
    description = {
        "title": '=evil, "quoted"',
        "owner": "Ann",
        "owner_id": "u1",
        "size": 1999,
        "created": datetime(2020, 1, 2, tzinfo=timezone.utc),
        "location": "disk 1",
        "status": "PROCESSED",
        "parents": ["dataset:d1", "collection:c1", "collection:c2", "space:s1"],
    }
    found = sources(totals=[total("file:f1", 3, 0)], descriptions={"file:f1": description})
    answer = run_metrics(parse_metrics("files", {}, kinds=BUILT), found)
    assert text_of(answer).split("\r\n")[1] == (
        'file,f1,"\'=evil, ""quoted""",Ann,u1,1,2020-01-02T00:00:00.000Z,3,0,'
        '2024-05-01T02:03:04.005Z,,disk 1,d1,"c1, c2",s1,PROCESSED'
    )


def test_a_resource_without_description_has_a_row_too() -> None:
    answer = run_metrics(
        parse_metrics("files", {}, kinds=BUILT), sources(totals=[total("file:f:1", 0, 2)])
    )
    assert text_of(answer).split("\r\n")[1] == "file,f:1,,,,,,0,2,,,,,,,"


def test_most_downloads_first_then_views_then_id() -> None:
    totals = [
        total("file:b", 1, 5),
        total("file:a", 1, 5),
        total("file:c", 2, 5),
        total("file:d", 9, 0),
        total("file:e", 0, 0),
    ]
    answer = run_metrics(parse_metrics("files", {}, kinds=BUILT), sources(totals=totals))
    assert answer.count == 4
    assert [row["id"] for row in rows_of(answer)] == ["c", "a", "b", "d"]


@pytest.mark.parametrize(
    ("sort", "ids"),
    [("views", "dcab"), ("id", "abcd"), ("last_viewed", "cdab"), ("downloads", "cabd")],
)
def test_other_orders(sort: str, ids: str) -> None:
    later = datetime(2025, 1, 1, tzinfo=timezone.utc)
    totals = [
        total("file:b", 0, 4),
        total("file:a", 0, 5),
        total("file:c", 2, 5, last_viewed=later),
        total("file:d", 9, 0),
    ]
    request = parse_metrics("files", {"sort": sort}, kinds=BUILT)
    answer = run_metrics(request, sources(totals=totals))
    assert "".join(row["id"] for row in rows_of(answer)) == ids


def test_a_limit_shortens_rows_and_count() -> None:
    totals = [total(f"file:{n}", 0, n) for n in range(1, 9)]
    request = parse_metrics("files", {"limit": "3"}, kinds=BUILT)
    answer = run_metrics(request, sources(totals=totals))
    assert answer.count == 3
    assert [row["id"] for row in rows_of(answer)] == ["8", "7", "6"]


def test_only_what_the_caller_may_see_is_there_and_counted() -> None:
    totals = [total(f"file:{n}", 0, n) for n in range(1, 2500)]

    def visible(refs: Sequence[str]) -> set[str]:
        assert len(refs) <= 1000
        return {ref for ref in refs if ref.endswith("7")}

    answer = run_metrics(
        parse_metrics("files", {}, kinds=BUILT), sources(totals=totals), visible=visible
    )
    rows = rows_of(answer)
    assert answer.count == len(rows) == 250
    assert rows[0]["id"] == "2497"


def test_descriptions_are_looked_up_in_batches() -> None:
    found = sources(totals=[total(f"file:{n}", 0, n) for n in range(1, 2501)])
    rows_of(run_metrics(parse_metrics("files", {}, kinds=BUILT), found))
    assert found.resources.asked == 3  # type: ignore[attr-defined]


def test_rows_by_user_name_the_user() -> None:
    row = total("x", 1, 2) | {"_id": "u1|file:f1", "resource": "file:f1", "kind": "file"}
    found = sources(totals=[row | {"user_id": "u1"}], descriptions={"user:u1": {"title": "Ann"}})
    answer = run_metrics(parse_metrics("files_by_user", {}, kinds=BUILT), found)
    (row,) = rows_of(answer)
    assert (row["type"], row["id"], row["user_id"], row["user"]) == ("file", "f1", "u1", "Ann")


counts = st.integers(0, 3)
refs = st.builds(lambda k, n: f"{k}:{n}", st.sampled_from(KINDS), st.integers(0, 30))


def by_user(ref: str, user: str, views: int, downloads: int) -> dict[str, Any]:
    return total(ref, views, downloads, resource=ref, user_id=user) | {"_id": f"{user}|{ref}"}


pairs = st.tuples(refs, st.sampled_from(["ann", "bob"]))


@given(st.dictionaries(pairs, st.tuples(counts, counts)))
def test_the_combined_report_by_user_is_the_union_of_its_parts(
    used: dict[tuple[str, str], tuple[int, int]],
) -> None:
    found = sources(totals=[by_user(*pair, *numbers) for pair, numbers in used.items()])
    whole = run_metrics(parse_metrics("metrics_by_user", {}, kinds=BUILT), found)
    rows = [row.usage for row in whole.rows]
    names = [r.name for r in build_reports(BUILT).values() if r.kind in KINDS and r.by_user]
    parts = [
        row.usage
        for name in names
        for row in run_metrics(parse_metrics(name, {}, kinds=BUILT), found).rows
    ]
    assert sorted(rows, key=repr) == sorted(parts, key=repr)
    assert whole.count == len(rows) == sum(any(numbers) for numbers in used.values())
    assert len(names) == len(KINDS)


@given(st.dictionaries(refs, st.tuples(counts, counts)), st.sampled_from(["downloads", "views"]))
def test_the_combined_report_has_what_its_parts_have_and_what_they_do_not_show(
    used: dict[str, tuple[int, int]], sort: str
) -> None:
    found = sources(totals=[total(ref, *numbers) for ref, numbers in used.items()])
    whole = run_metrics(parse_metrics("metrics", {"sort": sort}, kinds=BUILT), found)
    rows = [row.usage for row in whole.rows]
    for report in build_reports(BUILT).values():
        if report.kind in KINDS and not report.by_user:
            part = run_metrics(parse_metrics(report.name, {"sort": sort}, kinds=BUILT), found)
            assert [row.usage for row in part.rows] == [
                usage
                for usage in rows
                if usage.resource.startswith(f"{report.kind}:")
                if any(getattr(usage, counter) for counter in report.counted)
            ]
    assert whole.count == len(rows)
    first, second = ("downloads", "views") if sort == "downloads" else ("views", "downloads")
    assert rows == sorted(
        rows,
        key=lambda u: (-getattr(u, first), -getattr(u, second), u.resource.split(":")[::-1]),
    )


def test_json_and_ndjson_have_numbers_and_lists() -> None:
    found = sources(
        totals=[total("file:f1", 3, 0)],
        descriptions={"file:f1": {"title": "=x", "parents": ["dataset:d1"]}},
    )
    request = parse_metrics("files", {}, kinds=BUILT)
    whole = json.loads(text_of(run_metrics(request, found), "json"))
    line = json.loads(text_of(run_metrics(request, found), "ndjson"))
    assert whole["report"] == "x"
    assert whole["rows"] == [line]
    assert line["name"] == "=x"
    assert (line["views"], line["parent_datasets"], line["size_kb"]) == (3, ["d1"], None)
    assert line["last_viewed"] == "2024-05-01T02:03:04.005Z"


def test_json_without_rows_is_json() -> None:
    answer = run_metrics(parse_metrics("files", {}, kinds=BUILT), sources())
    assert json.loads(text_of(answer, "json")) == {"report": "x", "rows": []}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"from": "2024-02-01", "to": "2024-01-31"}, "bad_window", "to"),
        ({"from": "yesterday"}, "bad_format", "from"),
        ({"to": "2024-02-30"}, "bad_format", "to"),
        ({"sort": "size"}, "out_of_range", "sort"),
        ({"limit": "0"}, "out_of_range", "limit"),
        ({"limit": "many"}, "out_of_range", "limit"),
        ({"untill": "2024-01-01"}, "unknown_parameter", "untill"),
        ({"to": "2024-01-01", "until": "2024-01-01"}, "bad_window", "until"),
        ({"since": "2024-01-02", "until": "2024-01-01"}, "bad_window", "to"),
        ({"own_views": "maybe"}, "bad_format", "own_views"),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_metrics("files", given, kinds=BUILT)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_an_unknown_report_does_not_exist() -> None:
    with pytest.raises(UnknownError, match="there is no report 'folders'"):
        parse_metrics("folders", {}, kinds=BUILT)


def test_a_collection_that_was_only_downloaded_from_has_no_row_of_zeros() -> None:
    found = sources(totals=[total("collection:seen", 2, 0), total("collection:used", 0, 9)])
    answer = run_metrics(parse_metrics("collections", {}, kinds=BUILT), found)
    assert answer.count == 1
    assert [row.usage.resource for row in answer.rows] == ["collection:seen"]
    both = run_metrics(parse_metrics("metrics", {}, kinds=BUILT), found)
    assert [row.usage.resource for row in both.rows] == ["collection:used", "collection:seen"]


def test_a_kind_of_a_host_has_a_report_of_its_own() -> None:
    folder = Kind("folder", plural="folders", within=("record",))
    kinds = build_kinds([folder, replace(FILE, report_columns=("id", "parent_folders"))])
    reports = build_reports(kinds)
    assert reports["folders"].header == REPORT_COLUMNS
    assert reports["folders_by_user"].filename == "FolderMetricsByUser"
    row = Row(Usage("file:f", 1, 0), {"parents": ["folder:a", "record:r", "folder:b"]})
    assert reports["files"].cells(row) == ["f", ["a", "b"]]
    with pytest.raises(ConfigError, match="report_columns: there is no column seen"):
        build_reports(build_kinds([replace(folder, report_columns=("seen",))]))


def test_every_column_has_a_value() -> None:
    for report in build_reports(BUILT).values():
        assert len(set(report.header)) == len(report.header)
    assert build_reports(BUILT)["metrics"].kind is None


def test_since_and_until_are_from_and_to() -> None:
    ours = parse_metrics("files", {"from": "2024-01-01", "to": "2024-01-31"}, kinds=BUILT)
    clowders = parse_metrics("files", {"since": "2024-01-01", "until": "2024-01-31"}, kinds=BUILT)
    assert clowders == ours


def test_views_of_its_own_page_are_apart_when_asked_for() -> None:
    events = {"collection-view": 2, "record-view": 5}
    found = sources(totals=[total("collection:c", 7, 1, events=events)])
    request = parse_metrics("collections", {"own_views": "true"}, kinds=BUILT)
    (row,) = rows_of(run_metrics(request, found))
    assert (row["views"], row["own_views"]) == ("7", "2")
    header = ",".join(request.report.header)
    assert header == HEADERS["collections"].replace("views,", "views,own_views,", 1)
    for name in ("metrics", "collections_by_user"):
        with pytest.raises(InputError, match="own_views"):
            parse_metrics(name, {"own_views": "true"}, kinds=BUILT)
    with pytest.raises(InputError, match="own page of a space"):
        run_metrics(parse_metrics("spaces", {"own_views": "true"}, kinds=BUILT), found)
