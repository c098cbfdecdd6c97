"""The short form of the fault suite; `./run-tests.sh --faults SECONDS --seed N` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.suite import run_suite

SECONDS = 45.0
KINDS = 12


def test_nothing_is_lost_and_nothing_twice_whatever_breaks(tmp_path: Path) -> None:
    outcome = run_suite(SECONDS, seed=1, data=tmp_path)
    report = "\n".join(outcome.lines())
    print(report)
    assert outcome.is_good, report
    assert len(outcome.injected) >= KINDS, report
