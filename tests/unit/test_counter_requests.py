"""COUNTER requests: every exception that can arise (COUNTER 5.1, Appendix D)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone

import pytest

from stats.errors import CounterError
from stats.reports.counter.availability import Availability, availability, cover
from stats.reports.counter.definitions import IR, PR, CounterReport
from stats.reports.counter.request import CounterRequest, parse_request
from stats.reports.counter.run import run_counter
from stats.reports.months import last_of
from tests.report_sources import NOW, PLATFORM, sources, usage_document

UTC = timezone.utc
DATES = {"begin_date": "2024-01", "end_date": "2024-02"}


INSUFFICIENT = (1030, "Insufficient Information to Process Request")
INVALID = (3020, "Invalid Date Arguments")


def dates(begin: str, end: str | None = None) -> dict[str, str]:
    return {"begin_date": begin, **({"end_date": end} if end else {})}


def parse(
    given: dict[str, str], report: CounterReport = IR, *, repeated: Collection[str] = ()
) -> CounterRequest:
    return parse_request(report, given, now=NOW, platform="myrepo", repeated=repeated)


@pytest.mark.parametrize(
    ("given", "error", "data"),
    [
        ({}, INSUFFICIENT, "missing: begin_date, end_date"),
        (dates("2024-01"), INSUFFICIENT, "missing: end_date"),
        (dates("2024-02", "2024-01"), INVALID, "end_date is before begin_date"),
        (dates("2024-13", "2024-12"), INVALID, "begin_date must be yyyy-mm or yyyy-mm-dd"),
        (dates("2024-02-30", "2024-12"), INVALID, "begin_date must be yyyy-mm or yyyy-mm-dd"),
        (dates("2024-01", "9999-12"), INVALID, "end_date must be yyyy-mm or yyyy-mm-dd"),
        (dates("2024-06", "2024-07"), INVALID, "begin_date is in the current or a future month"),
    ],
)
def test_no_report_is_given(given: dict[str, str], error: tuple[int, str], data: str) -> None:
    code, message = error
    with pytest.raises(CounterError) as caught:
        parse(given)
    found = caught.value
    assert (found.code, found.message, found.data, found.status) == (code, message, data, 400)
    assert str(found) == f"{code}: {message} ({data})"


def test_dates_are_expanded_to_whole_months() -> None:
    request = parse({"begin_date": "2024-01-17", "end_date": "2024-02-03"})
    assert (str(request.first), str(request.last)) == ("2024-01-01", "2024-02-29")


@pytest.mark.parametrize(
    ("given", "code", "message", "data"),
    [
        ({"colour": "red"}, 3050, "Parameter Not Recognized in this Context", "colour"),
        ({"search": "x", "b": "c"}, 3050, "Parameter Not Recognized in this Context", "search, b"),
        ({"platform": "other"}, 3060, "Invalid ReportFilter Value", "platform=other"),
        (
            {"metric_type": "Searches_Platform|Total_Item_Requests"},
            3060,
            "Invalid ReportFilter Value",
            "metric_type=Searches_Platform",
        ),
        ({"data_type": "Book"}, 3060, "Invalid ReportFilter Value", "data_type=Book"),
        ({"access_method": "Robot"}, 3060, "Invalid ReportFilter Value", "access_method=Robot"),
        ({"access_type": "OA_Gold"}, 3060, "Invalid ReportFilter Value", "access_type=OA_Gold"),
        ({"yop": "2020|x|2021-2019"}, 3060, "Invalid ReportFilter Value", "yop=x|2021-2019"),
        ({"country_code": "ch"}, 3060, "Invalid ReportFilter Value", "country_code=ch"),
        ({"item_id": "1234-567X"}, 3060, "Invalid ReportFilter Value", "item_id=1234-567X"),
        ({"item_id": ""}, 3060, "Invalid ReportFilter Value", "item_id="),
        ({"author": " "}, 3060, "Invalid ReportFilter Value", "author="),
        ({"attributes_to_show": ""}, 3062, "Invalid ReportAttribute Value", "attributes_to_show="),
        (
            {"item_id": "10.1234/a|1234-567X"},
            3061,
            "Incongruous ReportFilter Value",
            "item_id=1234-567X",
        ),
        (
            {"attributes_to_show": "YOP|Colour"},
            3062,
            "Invalid ReportAttribute Value",
            "attributes_to_show=Colour",
        ),
        ({"granularity": "Totals"}, 3062, "Invalid ReportAttribute Value", "granularity=Totals"),
        (
            {"include_parent_details": "yes"},
            3062,
            "Invalid ReportAttribute Value",
            "include_parent_details=yes",
        ),
        ({"include_component_details": "True"}, 3063, "Components Not Supported", ""),
        (
            {"attributes_to_show": "Country_Code|Access_Type"},
            3062,
            "Invalid ReportAttribute Value",
            "attributes_to_show=Access_Type (not together with countries)",
        ),
        (
            {"country_code": "CH", "access_type": "Open"},
            3060,
            "Invalid ReportFilter Value",
            "access_type (not together with countries)",
        ),
    ],
)
def test_a_wrong_filter_is_ignored_and_remarked_upon(
    given: dict[str, str], code: int, message: str, data: str
) -> None:
    (remark,) = parse(DATES | given).remarks
    expected = {"Code": code, "Message": message} | ({"Data": data} if data else {})
    assert remark.to_dict() == expected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("metric_type", "Total_Item_Requests", 3060),
        ("platform", "myrepo", 3060),
        ("attributes_to_show", "YOP", 3062),
        ("granularity", "Month", 3062),
        ("colour", "red", 3050),
    ],
)
def test_a_filter_that_is_given_twice_is_ignored_and_remarked_upon(
    name: str, value: str, code: int
) -> None:
    request = parse(DATES | {name: value}, repeated=[name])
    (remark,) = request.remarks
    assert remark.kind.code == code
    assert name in remark.data
    assert (request.metrics, request.show) == (None, ())


@pytest.mark.parametrize("name", ["begin_date", "end_date"])
def test_a_date_that_is_given_twice_is_none(name: str) -> None:
    with pytest.raises(CounterError) as caught:
        parse(DATES, repeated=[name])
    assert (caught.value.code, caught.value.data) == (3020, f"{name} is given more than once")


def test_what_is_right_of_a_filter_is_kept() -> None:
    request = parse(DATES | {"metric_type": "Nonsense|Total_Item_Requests"})
    assert request.metrics == ("Total_Item_Requests",)
    assert parse(DATES | {"metric_type": "Nonsense"}).metrics is None


def test_parameters_of_an_item_report_are_strange_to_a_platform_report() -> None:
    (remark,) = parse(DATES | {"yop": "2020", "item_id": "x"}, PR).remarks
    assert (remark.kind.code, remark.data) == (3050, "yop, item_id")


def codes(given: dict[str, str], until: datetime | None, days: list[str]) -> list[tuple[int, str]]:
    usage = [usage_document("record:r", day, {"regular": [1, 1, 1, 1, 1]}) for day in days]
    answer = run_counter(parse(given), sources(usage=usage, until=until), PLATFORM, now=NOW)
    return [(remark.kind.code, remark.data) for remark in answer.request.remarks]


def test_months_that_are_not_counted_to_their_end_are_refused() -> None:
    given = {"begin_date": "2024-03", "end_date": "2024-05"}
    until = datetime(2024, 5, 31, 23, 59, 59, tzinfo=UTC)
    assert codes(given, until, ["2024-03-01", "2024-05-01"]) == [(3031, "2024-05")]
    assert codes(given, datetime(2024, 6, 1, tzinfo=UTC), ["2024-03-01"]) == []


def test_the_current_month_is_cut_off_and_named() -> None:
    given = {"begin_date": "2024-05", "end_date": "2024-07"}
    answer = run_counter(
        parse(given),
        sources(usage=[usage_document("record:r", "2024-05-01", {"regular": [1, 1, 1, 1, 1]})]),
        PLATFORM,
        now=NOW,
    )
    assert answer.request.last == last_of(answer.request.first)
    assert [(r.kind.code, r.data) for r in answer.request.remarks] == [(3031, "2024-06, 2024-07")]


def test_nothing_was_ever_counted() -> None:
    assert codes(DATES, None, []) == [(3031, "2024-01, 2024-02")]


def test_months_before_the_first_are_no_longer_available() -> None:
    given = {"begin_date": "2023-12", "end_date": "2024-02"}
    assert codes(given, NOW, ["2024-02-01"]) == [
        (3032, "2023-12, 2024-01; available from 2024-02 to 2024-05")
    ]


def test_empty_is_said_only_of_months_that_could_have_been_full() -> None:
    assert codes(DATES, NOW, ["2023-05-01", "2024-03-01"]) == [(3030, "")]
    assert codes(DATES, NOW, ["2024-03-01"]) == [
        (3032, "2024-01, 2024-02; available from 2024-03 to 2024-05")
    ]
    assert codes(DATES, datetime(2024, 2, 10, tzinfo=UTC), ["2023-12-01"]) == [
        (3031, "2024-02"),
        (3030, ""),
    ]


def test_many_months_are_named_as_a_span() -> None:
    first = datetime(2000, 1, 1, tzinfo=UTC).date()
    coverage = cover(first, last_of(NOW.date()), Availability(None, None))
    assert [remark.data for remark in coverage.remarks] == ["2000-01 to 2024-06"]
    assert coverage.window is None


def test_a_clock_behind_the_count_decides() -> None:
    """A month is not over before it is over, whatever has been counted."""
    found = availability(None, datetime(2024, 8, 1, tzinfo=UTC), NOW)
    assert str(found.last) == "2024-05-01"
