"""The model against the hand-made numbers of the golden cases: it is proven without engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.golden.case import Case, all_cases, hand_differences, run_case
from tests.model import count, differences
from tests.model.counting import drop_double_clicks
from tests.model.country import shipped_country
from tests.model.events import read_clicks, time_of
from tests.model.pipeline import ModelPipeline

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_model_agrees_with_the_hand(case: Case) -> None:
    model = count(case.events(), country=shipped_country, exclusions=case.exclusions)
    assert hand_differences(case.expected(), model) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_model_agrees_after_every_step(case: Case) -> None:
    expectations = dict(run_case(case, ModelPipeline(shipped_country, case.exclusions)))
    assert "in the end" in expectations
    assert not any(expectations.values()), expectations


def test_a_step_left_out_is_noticed() -> None:
    """The runner compares: without its last aggregation a case of late events differs."""
    case = next(case for case in CASES if case.folder.name == "late-events")
    shortened = replace(case, steps=case.steps[:-1])
    assert dict(run_case(shortened, ModelPipeline(shipped_country)))["in the end"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_model_does_not_mind_the_order(case: Case) -> None:
    events = sorted(case.events(), key=lambda event: event["id"])
    if case.folder.name == "same-id-other-event":
        pytest.skip("which event came first is what this case is about")
    model = count(events, country=shipped_country, exclusions=case.exclusions)
    assert hand_differences(case.expected(), model) == []


def test_thirty_cases_are_found() -> None:
    assert len(CASES) >= 30


def test_a_wrong_number_is_named() -> None:
    expected = {("2024-03-05", "record:r1"): {"count": 2, "breakdown": {"via": {"ui": [2, 1, 0]}}}}
    actual = {("2024-03-05", "record:r1"): {"count": 1, "breakdown": {"via": {"api": [1, 1, 0]}}}}
    assert differences(expected, actual, of="daily") == [
        "daily 2024-03-05 record:r1: count is 1, expected 2",
        "daily 2024-03-05 record:r1: breakdown via 'api' is [1, 1, 0], expected None",
        "daily 2024-03-05 record:r1: breakdown via 'ui' is None, expected [2, 1, 0]",
    ]


def test_a_document_more_or_less_is_named() -> None:
    expected = {"record:r1": {"views": 1}, "record:r2": {"views": 0}}
    actual: dict[str, dict[str, Any]] = {
        "record:r3": {"views": 1},
        "record:r4": {"views": 0, "events": {"record-view": 0}},
    }
    assert differences(expected, actual, of="total") == [
        "total record:r1: missing, expected {'views': 1}",
        "total record:r3: not expected, is {'views': 1}",
    ]


def test_a_missing_field_is_not_taken_for_a_number() -> None:
    expected = {"record:r1": {"views": 1, "downloads": 1}}
    assert differences(expected, {"record:r1": {"views": 1}}, of="total") == [
        "total record:r1: downloads is None, expected 1"
    ]


def test_other_breakdowns_are_a_table() -> None:
    event = {
        "id": "a",
        "type": "feature-use",
        "timestamp": "2024-03-05T10:00:00Z",
        "resource": "record:r1",
        "feature": "comment",
        "user_id": "u1",
    }
    tables = {"feature-use": ("feature", "user")}
    model = count([event], country=lambda _: "ZZ", breakdowns=tables)
    assert model.daily["feature-use", "2024-03-05", "record:r1"]["breakdown"] == {
        "feature": {"comment": [1, 1, 0]},
        "user": {"u1": [1, 1, 0]},
    }
    assert model.totals["record:r1"]["events"] == {"feature-use": 1}
    assert model.users == {}


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        ([0, 30], [30]),
        ([0, 31], [0, 31]),
        ([0, 20, 45], [45]),
        ([0, 30, 60, 91, 200], [60, 91, 200]),
    ],
)
def test_chains(seconds: list[int], kept: list[int]) -> None:
    start = time_of("2024-03-05T10:00:00Z")
    events = [
        {
            "id": str(second),
            "type": "record-view",
            "timestamp": f"2024-03-05T10:{second // 60:02d}:{second % 60:02d}Z",
            "resource": "record:r1",
            "session_id": "s",
        }
        for second in seconds
    ]
    clicks = drop_double_clicks(read_clicks(events, country=lambda _: "ZZ"))
    assert sorted((click.time - start) // 1000 for click in clicks) == kept
