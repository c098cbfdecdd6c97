"""The catalogue of event types: complete, and as the independent model has it."""

from __future__ import annotations

from stats.aggregations.count_day import _all_breakdowns
from stats.aggregations.types import daily
from stats.events.catalogue import EVENT_TYPES, FEATURE_USE, VALUED, feature_url_key
from stats.events.parse import parse_event
from stats.refs import parse_kind
from stats.times import utc_now
from tests.model.counting import BREAKDOWNS
from tests.model.events import TYPES as MODEL

TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}

ASKED_FOR = [
    "record-view",
    "file-download",
    "dataset-view",
    "dataset-download",
    "collection-view",
    "community-view",
    "record-created",
    "record-removed",
    "record-restored",
    "record-included",
    "record-excluded",
    "submission-created",
    "feature-use",
    "loan-request",
    "loan-checkout",
    "loan-extend",
    "loan-return",
    "loan-overdue",
    "sip-created",
    "sip-archived",
    "sip-failed",
    "store-size",
]


def test_every_type_that_was_asked_for_is_there_once() -> None:
    assert [event_type.name for event_type in EVENT_TYPES] == ASKED_FOR, (
        "ASKED_FOR, above, has the names of EVENT_TYPES in their order"
    )


def test_types_count_as_the_model_has_it() -> None:
    assert set(TYPES) == set(MODEL), "tests/model/events.py: TYPES has each event type"
    for name, rule in MODEL.items():
        assert TYPES[name].counts_as == rule.counts_as, name
        usage = "request" if rule.request else "investigation" if rule.investigation else None
        assert TYPES[name].usage == usage, name


def test_types_divide_as_the_model_has_it() -> None:
    for name, event_type in TYPES.items():
        own = {breakdown.name for breakdown in daily(event_type).breakdowns}
        assert own == set(BREAKDOWNS.get(name, ())), (
            f"tests/model/counting.py: BREAKDOWNS of {name}"
        )
        assert own <= {breakdown.name for breakdown in _all_breakdowns(daily(event_type))}


def test_average_has_what_it_is_made_of() -> None:
    for event_type in EVENT_TYPES:
        if "average" in event_type.metrics:
            assert {"sum", "count"} <= set(event_type.metrics)
    assert {t.name for t in EVENT_TYPES if t.metrics == VALUED} == {
        "loan-return",
        "record-created",
        "record-excluded",
        "record-included",
        "record-removed",
        "record-restored",
        "sip-archived",
        "sip-failed",
        "store-size",
    }


def test_levels_are_kinds() -> None:
    for event_type in EVENT_TYPES:
        assert event_type.levels, event_type.name
        for kind in event_type.levels:
            parse_kind(kind, field="levels")


def test_two_features_of_one_record_are_two_clicks() -> None:
    sent = {"type": "feature-use", "resource": "record:r1", "user_id": "u"}
    comment, alert, again = (
        parse_event({**sent, "feature": feature}, types=TYPES, now=utc_now())
        for feature in ("comment", "alert", "comment")
    )
    assert FEATURE_USE.url_key is feature_url_key
    assert FEATURE_USE.url_key(comment) != FEATURE_USE.url_key(alert)
    assert FEATURE_USE.url_key(comment) == FEATURE_USE.url_key(again)
