"""The table of the benchmark, and its stream."""

from __future__ import annotations

from pathlib import Path

from stats.bench.figures import Figure, Target, build_table
from stats.bench.stream import TYPES, make_stream, read_part, write_parts


def test_a_ratio_is_met_or_missed_on_the_side_of_its_target() -> None:
    assert Figure("f", "", "", 0.3, Target("at least", 0.3)).verdict == "met"
    assert Figure("f", "", "", 0.29, Target("at least", 0.3)).verdict == "missed"
    assert Figure("f", "", "", 2.0, Target("at most", 2)).verdict == "met"
    assert Figure("f", "", "", 2.01, Target("at most", 2)).verdict == "missed"
    assert Figure("f", "1 s").verdict == ""


def test_the_table_has_a_line_a_figure_in_columns() -> None:
    figures = [Figure("short", "1 s"), Figure("longer", "2 s", "4 s", 0.5, Target("at least", 1))]
    assert build_table(figures) == [
        "figure  measured  baseline  ratio      target",
        "short        1 s",
        "longer       2 s       4 s   0.50  at least 1  missed",
    ]


def test_the_stream_is_as_long_as_asked_for_and_the_same_each_time(tmp_path: Path) -> None:
    events = list(make_stream(1_500))
    assert len(events) == len({event["id"] for event in events}) == 1_500
    assert {event["type"] for event in events} == set(TYPES)
    paths = write_parts(1_500, parts=4, folder=tmp_path)
    assert [event for path in paths for event in read_part(path)] == events
