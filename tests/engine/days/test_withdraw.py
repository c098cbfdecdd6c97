"""An import taken back: exactly, in whatever state it is, and its ids are free."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stats.errors import InputError, UnknownError
from stats.events.importers.importing import Summary
from stats.ext import StatsState
from stats.log_imports import build_log_imports
from stats.retention import withdraw
from stats.retention.withdraw import Withdrawn, run_withdraw
from stats.times import utc_now
from tests.engine.forgetting import HUMAN, Day, everything, job_of, send

DAY, NEXT = Day(5), Day(4)
RULE = "[[rule]]\npath = '{}'\ntype = 'record-view'\nresource = 'record:{{id}}'\n"
WRONG, RIGHT = RULE.format("^/entity/(?P<id>[0-9])"), RULE.format("^/entity/(?P<id>[0-9]+)")


def line(day: Day, time: str, path: str, address: str = "8.8.8.8") -> str:
    moment = f"{day.date:%d/%b/%Y}:{time} +0000"
    return f'{address} - - [{moment}] "GET {path} HTTP/1.1" 200 512 "-" "{HUMAN}"\n'


def import_(state: StatsState, folder: Path, mapping: str, *lines: str) -> str:
    (folder / "mapping.toml").write_text(mapping, "utf-8")
    (folder / "access.log").write_text("".join(lines), "utf-8")
    log_imports = build_log_imports(state.settings, state.stores, state.definitions)
    importing = log_imports.build(folder / "mapping.toml")
    return log_imports.run([folder / "access.log"], importing, Summary())


def count(state: StatsState) -> None:
    state.process()
    state.aggregate()


def take_back(state: StatsState, import_id: str) -> Withdrawn:
    return run_withdraw(job_of(state), import_id, imports=state.stores.imports)


def views(state: StatsState) -> dict[str, int]:
    totals = state.totals(["record:7", "record:77", "record:live", "site:all"])
    return {ref: one["views"] for ref, one in totals.items() if one["views"]}


def test_the_right_mapping_counts_after_the_wrong_one_was_taken_back(
    state: StatsState, tmp_path: Path
) -> None:
    log = line(DAY, "10:00:00", "/entity/77")
    live = DAY.at("11:00:00", resource="record:live", ip_address="192.0.2.1")
    send(state, [live])
    before = everything(state)
    wrong = import_(state, tmp_path, WRONG, log)
    count(state)
    assert views(state) == {"record:7": 1, "record:live": 1, "site:all": 2}
    done = take_back(state, wrong)
    assert (done.events, done.days, done.busy) == (1, (DAY.date,), ())
    assert views(state) == {"record:live": 1, "site:all": 1}
    assert _numbers(everything(state)) == _numbers(before)
    assert take_back(state, wrong) == Withdrawn()
    right = import_(state, tmp_path, RIGHT, log)
    count(state)
    assert right != wrong
    assert views(state) == {"record:77": 1, "record:live": 1, "site:all": 2}
    states = [(one.id, one.state) for one in state.stores.imports.all()]
    assert states == [(wrong, "withdrawn"), (right, "done")]


def _numbers(documents: dict[str, Any]) -> dict[str, list[str]]:
    """Return the daily documents without what tells one count from the next."""
    return {
        family: sorted(str({**one, "counted_at": ""}) for one in found)
        for family, found in documents.items()
        if isinstance(found, list)
    }


def test_events_that_are_still_in_the_queue_never_arrive(state: StatsState, tmp_path: Path) -> None:
    log = line(DAY, "10:00:00", "/entity/77")
    wrong = import_(state, tmp_path, WRONG, log)
    assert take_back(state, wrong).events == 0
    import_(state, tmp_path, RIGHT, log)
    count(state)
    assert views(state) == {"record:77": 1, "site:all": 1}


def test_a_repeated_import_is_the_same_and_a_withdrawn_one_is_not(
    state: StatsState, tmp_path: Path
) -> None:
    log = line(DAY, "10:00:00", "/entity/77")
    first = import_(state, tmp_path, WRONG, log)
    more = line(DAY, "10:30:00", "/entity/77")
    assert import_(state, tmp_path, WRONG, log, more) == first
    take_back(state, first)
    assert import_(state, tmp_path, WRONG, log, more) != first
    count(state)
    assert views(state) == {"record:7": 2, "site:all": 2}


def test_a_click_that_was_pushed_out_comes_back_on_the_day_before(
    state: StatsState, tmp_path: Path
) -> None:
    clicked = DAY.at("23:59:50", resource="record:7", ip_address="8.8.8.8", user_agent=HUMAN)
    send(state, [clicked | {"request_url": "/entity/77"}])
    wrong = import_(state, tmp_path, WRONG, line(NEXT, "00:00:10", "/entity/77"))
    count(state)
    days = {o["timestamp"][:10]: o["count"] for o in everything(state)["record-view"]}
    assert days.get(NEXT.date.isoformat()) == 1
    assert not days.get(DAY.date.isoformat())
    take_back(state, wrong)
    days = {o["timestamp"][:10]: o["count"] for o in everything(state)["record-view"]}
    assert days.get(DAY.date.isoformat()) == 1
    assert not days.get(NEXT.date.isoformat())


@pytest.mark.parametrize("step", ["run_delete_import", "run_claims"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_withdrawal_is_completed_by_the_next(
    state: StatsState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    log = line(DAY, "10:00:00", "/entity/77")
    wrong = import_(state, tmp_path, WRONG, log)
    count(state)
    real = getattr(withdraw, step)

    def killed(*args: Any, **more: Any) -> None:
        if when == "after":
            real(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(withdraw, step, killed)
        take_back(state, wrong)
    count(state)
    take_back(state, wrong)
    assert views(state) == {}
    assert everything(state)["record-view"] == []
    import_(state, tmp_path, RIGHT, log)
    count(state)
    assert views(state) == {"record:77": 1, "site:all": 1}


def test_what_cannot_be_counted_again_is_refused(state: StatsState, tmp_path: Path) -> None:
    wrong = import_(state, tmp_path, WRONG, line(DAY, "10:00:00", "/entity/77"))
    count(state)
    state.stores.bookmarks.set_dropped(DAY.date + timedelta(days=1), utc_now())
    with pytest.raises(InputError, match="cannot be withdrawn"):
        take_back(state, wrong)
    assert views(state) == {"record:7": 1, "site:all": 1}
    with pytest.raises(UnknownError, match="no import nonsense"):
        take_back(state, "nonsense")
