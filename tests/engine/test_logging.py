"""What the pipeline says in its log: each run in one line, and of nobody."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest

from stats.ext import StatsState
from stats.retention.run import run_retention
from stats.times import iso_ms, utc_now

ADDRESS, USER, AGENT = "192.0.2.77", "anna-of-the-test", "Mozilla/5.0 (X11) Firefox/128.0"


def make_event(at: datetime) -> dict[str, str]:
    return {
        "type": "record-view",
        "resource": "record:r1",
        "timestamp": iso_ms(at),
        "user_id": USER,
        "ip_address": ADDRESS,
        "user_agent": AGENT,
    }


def test_each_run_is_one_line_and_names_nobody(
    state: StatsState, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="stats")
    now = utc_now()
    state.publish([make_event(now)])
    state.process(["record-view"])
    state.aggregate()
    run_retention(state.retention_job(wait=lambda seconds: None))
    said = [(one.name, one.getMessage()) for one in caplog.records if one.levelno == logging.INFO]
    assert said[:2] == [
        (
            "stats.events.process",
            "record-view: 1 new documents, 0 events that were there, 0 dead letters",
        ),
        ("stats.aggregations.runner", "counted 1 days, wrote 5 documents"),
    ]
    assert said[-1][0] == "stats.retention.run"
    why = [one.getMessage() for one in caplog.records if one.levelno == logging.DEBUG]
    assert any(line.endswith(f"at the last look: {now.date()}") for line in why)
    assert any(line.startswith(f"day {now.date()} counted whole") for line in why)
    for name in (USER, ADDRESS, AGENT):
        assert name not in caplog.text


def test_a_run_that_finds_nothing_says_so_to_who_asks_for_reasons(
    state: StatsState, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="stats")
    state.aggregate()
    assert not [one for one in caplog.records if one.levelno == logging.INFO]
    assert "counted 0 days" in caplog.text
