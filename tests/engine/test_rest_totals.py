"""Totals over HTTP: what a landing page asks for."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from stats.ext import StatsState
from stats.permissions import ANONYMOUS
from stats.times import UTC

VIEWED = datetime(2025, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
ZEROS = {
    "views": 0,
    "unique_views": 0,
    "downloads": 0,
    "unique_downloads": 0,
    "volume": 0,
    "last_viewed": None,
    "last_downloaded": None,
    "events": {},
    "counted_until": None,
}


def zeros(ref: str) -> dict[str, object]:
    kind, _, name = ref.partition(":")
    return {"resource": ref, "kind": kind, "id": name, **ZEROS}


def write(state: StatsState, ref: str, views: int) -> None:
    kind, _, name = ref.partition(":")
    document = {
        "_id": ref,
        "kind": kind,
        "id": name,
        "views": views,
        "unique_views": views - 1,
        "downloads": 3,
        "unique_downloads": 2,
        "volume": 2**40,
        "last_viewed": VIEWED,
        "last_downloaded": None,
        "events": {"record-view": views, "file-download": 3},
    }
    state.stores.totals.write([document], ticket=views)


def test_of_a_resource(rest: FlaskClient, rest_state: StatsState) -> None:
    write(rest_state, "record:r1", 7)
    until = datetime(2025, 1, 3, tzinfo=UTC)
    rest_state.stores.bookmarks.move_found(until)
    expected = {
        "resource": "record:r1",
        "kind": "record",
        "id": "r1",
        "views": 7,
        "unique_views": 6,
        "downloads": 3,
        "unique_downloads": 2,
        "volume": 2**40,
        "last_viewed": "2025-01-02T03:04:05.678Z",
        "last_downloaded": None,
        "events": {"record-view": 7, "file-download": 3},
        "counted_until": "2025-01-03T00:00:00.000Z",
    }
    answer = rest.get("/api/stats/totals/record:r1")
    assert (answer.status_code, answer.json) == (200, expected)
    both = rest.get("/api/stats/totals?ref=record:r1&ref=record:r2&ref=record:r1").json
    unknown = {**zeros("record:r2"), "counted_until": expected["counted_until"]}
    assert both == {"record:r1": expected, "record:r2": unknown}


@pytest.mark.parametrize(
    "ref",
    [
        "file:a/b c/d.csv",
        "file:doi:10.5072/ABC/Data.csv",
        "record:https://doi.org/10.5281/zenodo.1?x=1#y",
        "record:ends/",
        "record://begins",
        "record:..",
        "record:a/../b",
        "record:Ünïcödé 例 +%2F%",
        "record:" + "x" * 256,
    ],
)
def test_any_id_can_be_asked_for(rest: FlaskClient, rest_state: StatsState, ref: str) -> None:
    known = rest_state.kinds.parse_ref(ref)  # a DOI has one form, whichever is asked for
    write(rest_state, known, 5)
    for path in (f"/api/stats/totals/{quote(ref, safe='')}", f"/api/stats/totals/{quote(ref)}"):
        answer = rest.get(path)
        assert (answer.status_code, answer.json and answer.json["resource"]) == (200, known), path
        assert answer.json and answer.json["views"] == 5
    many = rest.get("/api/stats/totals", query_string={"ref": ref}).json
    assert many and many[ref]["views"] == 5


def test_of_nothing_has_the_usual_shape(rest: FlaskClient) -> None:
    assert rest.get("/api/stats/totals/record:r1").json == zeros("record:r1")
    assert rest.get("/api/stats/totals?ref=site:all").json == {"site:all": zeros("site:all")}


def test_a_thousand_at_once_and_no_more(rest: FlaskClient) -> None:
    refs = [f"record:r{n}" for n in range(1_000)]
    answer = rest.get("/api/stats/totals", query_string={"ref": refs})
    assert answer.status_code == 200
    assert answer.json and list(answer.json) == refs
    refused = rest.get("/api/stats/totals", query_string={"ref": [*refs, "record:one-more"]})
    assert refused.status_code == 422
    assert refused.json and refused.json["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("/api/stats/totals", "missing", "ref"),
        ("/api/stats/totals?ref=", "bad_format", "ref"),
        ("/api/stats/totals?ref=r1", "bad_format", "ref"),
        ("/api/stats/totals/r1", "bad_format", "ref"),
        ("/api/stats/totals/Record:r1", "bad_format", "ref"),
        ("/api/stats/totals/record:a%00", "bad_format", "ref"),
        (f"/api/stats/totals/record:{'x' * 257}", "too_long", "ref"),
        ("/api/stats/totals/record:r1?from=2025-01-01", "unknown_parameter", "from"),
        ("/api/stats/totals?refs=record:r1", "unknown_parameter", "refs"),
    ],
)
def test_what_is_refused(rest: FlaskClient, path: str, code: str, field: str) -> None:
    answer = rest.get(path)
    assert answer.status_code == 400
    assert answer.json and answer.json["error"]["message"]
    assert (answer.json["error"]["code"], answer.json["error"]["field"]) == (code, field)


def test_as_csv(rest: FlaskClient, rest_state: StatsState) -> None:
    write(rest_state, "record:=1+1", 2)
    answer = rest.get("/api/stats/totals?ref=record:%3D1%2B1", headers={"Accept": "text/csv"})
    assert rest.get("/api/stats/totals.csv?ref=record:%3D1%2B1").data == answer.data
    assert answer.mimetype == "text/csv"
    assert answer.get_data(as_text=True) == (
        "resource,kind,id,views,unique_views,downloads,unique_downloads,volume,"
        "last_viewed,last_downloaded\r\n"
        f"record:=1+1,record,'=1+1,2,1,3,2,{2**40},2025-01-02T03:04:05.678Z,\r\n"
    )


def test_who_has_the_numbers_gets_no_body(rest: FlaskClient, rest_state: StatsState) -> None:
    rest.application.config["IDENTITY"] = ANONYMOUS
    write(rest_state, "record:r1", 2)
    first = rest.get("/api/stats/totals/record:r1")
    assert first.headers["Cache-Control"] == "public, max-age=10"
    same = {"If-None-Match": first.headers["ETag"]}
    again = rest.get("/api/stats/totals/record:r1", headers=same)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = rest.get("/api/stats/totals/record:r1", headers={"If-Match": '"other"'})
    assert other.status_code == 412
    assert other.json and other.json["error"]["code"] == "precondition_failed"
    write(rest_state, "record:r1", 3)
    changed = rest.get("/api/stats/totals/record:r1", headers=same)
    assert (changed.status_code, changed.json and changed.json["views"]) == (200, 3)


def test_how_far_the_counting_is_may_be_a_second_old_and_no_older(
    rest: FlaskClient, rest_state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2025, 1, 3, tzinfo=UTC)
    rest_state.stores.bookmarks.move_found(moment)
    first = rest.get("/api/stats/totals/record:r1").json
    rest_state.stores.bookmarks.move_found(moment + timedelta(seconds=9))
    monkeypatch.setattr("stats.views.counted_until.LIFETIME", -1.0)
    rest.application.extensions.pop("stats-counted-until")
    later = rest.get("/api/stats/totals/record:r1").json
    assert first and first["counted_until"] == "2025-01-03T00:00:00.000Z"
    assert later and later["counted_until"] == "2025-01-03T00:00:09.000Z"


def test_credentials_are_not_kept_by_shared_caches(rest: FlaskClient) -> None:
    answer = rest.get("/api/stats/totals/record:r1", headers={"Authorization": "Bearer x"})
    assert answer.headers["Cache-Control"] == "private, max-age=10"
    assert "Authorization" in answer.headers["Vary"]
