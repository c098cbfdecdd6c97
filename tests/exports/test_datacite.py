"""Submission to DataCite, against a local server with its traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pymongo
import pytest
from jsonschema import Draft202012Validator

from stats.engines.namespace import Namespace
from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.exports.datacite import Service, Submission, run_submit
from stats.exports.http import Caller
from stats.reports.dsr import DatasetReport, build_header
from stats.stores.exports import ExportStore
from tests.exports.servers import DataCite, Fault, serving
from tests.report_sources import PLATFORM

SCHEMA = Path(__file__).parent.parent / "schemas" / "dsr.json"
NOW = datetime(2024, 5, 2, tzinfo=timezone.utc)


@pytest.fixture
def datacite() -> Iterator[DataCite]:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    with serving(DataCite("secret", validator, largest=3)) as service:
        assert isinstance(service, DataCite)
        yield service


@pytest.fixture
def bookmarks(stats_namespace: Namespace) -> Iterator[ExportStore]:
    with pymongo.MongoClient(stats_namespace.mongo, tz_aware=True) as client:
        yield ExportStore(client.get_default_database())


def service(datacite: DataCite, bookmarks: ExportStore, token: str = "secret") -> Service:
    caller = Caller("DataCite", timeout=10, waits=(0.0, 0.0), sleep=lambda _: None)
    return Service(datacite.url, token, caller, bookmarks, part=3)


def report(
    names: str, month: int = 4, *, publisher: bool = True, exceptions: Any = ()
) -> DatasetReport:
    window = (date(2024, month, 1), date(2024, month, 28))
    header = build_header(PLATFORM, window, now=NOW, exceptions=list(exceptions))
    return DatasetReport(header, (dataset(name, publisher) for name in names))


def dataset(name: str, publisher: bool) -> dict[str, Any]:
    period = {"begin-date": "2024-04-01", "end-date": "2024-04-30"}
    instance = {
        "access-method": "regular",
        "metric-type": "total-dataset-requests",
        "count": 1,
        "country-counts": {"ch": 1},
    }
    return {
        "dataset-title": name,
        "dataset-id": [{"type": "doi", "value": f"10.1234/{name}"}],
        "platform": "myrepo",
        "publisher": "My Repository",
        "publisher-id": [{"type": "grid", "value": "1"}] if publisher else [],
        "data-type": "dataset",
        "yop": "2020",
        "performance": [{"period": period, "instance": [instance]}],
    }


def stored(datacite: DataCite) -> dict[str, list[str]]:
    """Return the datasets of each subset of each report, as one word a subset."""
    return {
        identity: ["".join(doi[-1] for doi in subset) for subset in subsets]
        for identity, subsets in datacite.reports.items()
    }


def methods(datacite: DataCite) -> list[str]:
    return [method for method, _ in datacite.received]


def test_a_month_is_posted_once_and_then_replaced(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    to = service(datacite, bookmarks)
    assert run_submit(to, report("ab")) == Submission("report-1", 2, 1)
    assert run_submit(to, report("cd", month=5)) == Submission("report-2", 2, 1)
    assert run_submit(to, report("abc")) == Submission("report-1", 3, 1)
    assert stored(datacite) == {"report-1": ["abc"], "report-2": ["cd"]}
    assert datacite.received == [
        ("POST", "/reports"),
        ("POST", "/reports"),
        ("PUT", "/reports/report-1"),
    ]


def test_a_large_report_goes_in_parts_and_is_replaced_whole(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    to = service(datacite, bookmarks)
    assert run_submit(to, report("abcdefg")) == Submission("report-1", 7, 3)
    assert stored(datacite) == {"report-1": ["abc", "def", "g"]}
    run_submit(to, report("abcd"))
    assert stored(datacite) == {"report-1": ["abc", "d"]}
    assert methods(datacite) == ["POST", "POST", "POST", "PUT", "POST"]


def test_the_header_keeps_its_own_exceptions(datacite: DataCite, bookmarks: ExportStore) -> None:
    partial = {"code": 3040, "severity": "warning", "message": "m", "help-url": "h"}
    run_submit(service(datacite, bookmarks), report("a", exceptions=[partial]))
    assert [e["code"] for e in datacite.headers["report-1"]["exceptions"]] == [3040, 69]


@pytest.mark.parametrize("fault", [500, 503, 429, "lost request"])
def test_a_failure_is_tried_again(datacite: DataCite, bookmarks: ExportStore, fault: Fault) -> None:
    datacite.faults = [fault]
    run_submit(service(datacite, bookmarks), report("ab"))
    assert stored(datacite) == {"report-1": ["ab"]}


def test_a_reply_that_is_lost_does_not_double_the_report(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    datacite.faults = ["lost reply"]
    run_submit(service(datacite, bookmarks), report("ab"))
    assert stored(datacite) == {"report-1": ["ab"]}
    assert methods(datacite) == ["POST", "POST", "PUT"]


def test_a_submission_that_died_without_its_id_ends_as_one(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    to = service(datacite, bookmarks)
    datacite.faults = ["lost reply", 500, 500]
    with pytest.raises(StoreUnavailable, match="DataCite is not reachable"):
        run_submit(to, report("ab"))
    assert stored(datacite) == {"report-1": ["ab"]}
    run_submit(to, report("abc"))
    assert stored(datacite) == {"report-1": ["abc"]}


def test_a_part_that_may_be_there_twice_is_an_error_that_the_next_run_mends(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    to = service(datacite, bookmarks)
    datacite.faults = [0, "lost reply"]
    datacite.faults[0] = "fine"
    with pytest.raises(StoreUnavailable, match="submit it again"):
        run_submit(to, report("abcd"))
    assert stored(datacite) == {"report-1": ["abc", "d", "d"]}
    run_submit(to, report("abcd"))
    assert stored(datacite) == {"report-1": ["abc", "d"]}


def test_a_report_that_datacite_lost_is_made_again(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    to = service(datacite, bookmarks)
    run_submit(to, report("a"))
    datacite.reports.clear()
    datacite.headers.clear()
    run_submit(to, report("ab"))
    assert stored(datacite) == {"report-1": ["ab"]}
    assert methods(datacite) == ["POST", "PUT", "POST"]


def test_a_month_without_use_is_not_submitted(datacite: DataCite, bookmarks: ExportStore) -> None:
    assert run_submit(service(datacite, bookmarks), report("")) == Submission(None, 0, 0)
    assert datacite.received == []


def test_what_is_refused_says_why(datacite: DataCite, bookmarks: ExportStore) -> None:
    with pytest.raises(StoreRejected, match="401 Bad credentials"):
        run_submit(service(datacite, bookmarks, token="wrong"), report("a"))
    broken = report("a")
    broken.header["release"] = "rd2"
    with pytest.raises(StoreRejected, match="422 'rd1' was expected"):
        run_submit(service(datacite, bookmarks), broken)


def test_settings_that_are_missing_are_named(datacite: DataCite, bookmarks: ExportStore) -> None:
    with pytest.raises(ConfigError, match="STATS_DATACITE_TOKEN"):
        run_submit(service(datacite, bookmarks, token=""), report("a"))
    with pytest.raises(ConfigError, match="STATS_PUBLISHER_ID"):
        run_submit(service(datacite, bookmarks), report("a", publisher=False))
    assert datacite.received == []


def test_all_is_looked_at_before_anything_is_sent(
    datacite: DataCite, bookmarks: ExportStore
) -> None:
    datasets = [dataset(name, publisher=True) for name in "abcdefg"]
    datasets[4]["publisher-id"] = []  # in the second part
    datasets[5]["publisher-id"] = []
    datasets[6]["publisher-id"] = [{"type": "ror", "value": "03yrm5c26"}]
    whole = report("a")
    broken = DatasetReport(whole.header, iter(datasets))
    with pytest.raises(ConfigError) as refused:
        run_submit(service(datacite, bookmarks), broken)
    line = str(refused.value)
    assert "2 data sets, such as 10.1234/e, have no publisher id" in line
    assert "10.1234/g has a publisher id that is none of isni, orcid, grid" in line
    assert "\n" not in line
    assert datacite.received == []


def test_a_service_that_is_not_there(bookmarks: ExportStore) -> None:
    caller = Caller("DataCite", timeout=1, waits=(0.0,), sleep=lambda _: None)
    nowhere = Service("http://127.0.0.1:9", "secret", caller, bookmarks)
    with pytest.raises(StoreUnavailable, match="DataCite is not reachable"):
        run_submit(nowhere, report("a"))
