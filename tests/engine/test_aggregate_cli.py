"""`stats aggregate`: what is new, days again, and windows that are none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import StatsState

REF = "record:r"
VIEW = {"type": "record-view", "resource": REF}


@pytest.fixture(autouse=True)
def _settings(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stats, ["aggregate", *arguments])


def test_new_days_are_counted_once_and_any_days_again(state: StatsState) -> None:
    state.publish([{**VIEW, "timestamp": f"2024-03-0{day}T10:00:00Z"} for day in (5, 6, 7)])
    state.process()
    assert "counted 3 days" in run().output
    assert "counted 0 days" in run().output
    totals = state.stores.database["statistic_totals"]
    totals.update_one({"_id": REF}, {"$set": {"views": 99}})
    again = run("--from", "2024-03-06", "--to", "2024-03-07")
    assert (again.exit_code, "counted 2 days" in again.output) == (0, True)
    assert state.totals([REF])[REF]["views"] == 3


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (("--from", "0202-01-01", "--to", "0202-01-02"), "days are from 1990-01-01"),
        (("--from", "2024-01-01", "--to", "9999-12-31"), "days are from 1990-01-01"),
        (("--from", "2024-01-01"), "give both --from and --to"),
        (("--from", "2024-01-02", "--to", "2024-01-01"), "--to is before --from"),
    ],
)
def test_a_mistyped_window_is_refused(window: tuple[str, ...], said: str) -> None:
    result = run(*window)
    assert result.exit_code == 2
    assert said in result.output
