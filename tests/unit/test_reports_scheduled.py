"""Scheduled reports: the setting, and files that are whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import fsspec
import pytest

from stats.errors import ConfigError, StoreUnavailable
from stats.kinds.declared import build_kinds
from stats.reports.registry import Reporter
from stats.reports.scheduled import Scheduled, parse_scheduled, run_scheduled
from tests.report_sources import NOW, PLATFORM, sources, usage_document

ALL = [Scheduled("pr", "tsv"), Scheduled("ir", "json"), Scheduled("dsr", "json")]
USAGE = [usage_document("dataset:d", "2024-05-03", {"regular": [2, 1, 1, 1, 0]})]


def reporter(until: datetime | None = NOW) -> Reporter:
    return Reporter(sources(usage=USAGE, until=until), PLATFORM)


def test_the_setting_is_read() -> None:
    listed = [{"report": "files"}, {"report": "ir", "format": "tsv"}]
    assert parse_scheduled(listed, kinds=build_kinds()) == [
        Scheduled("files", "csv"),
        Scheduled("ir", "tsv"),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("files", "is not"),
        ({"name": "files"}, "is not"),
        ({"report": "nothing"}, "there is no report 'nothing'"),
        ({"report": "files", "format": "tsv"}, "files is not written as tsv"),
    ],
)
def test_a_wrong_entry_is_named(entry: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"STATS_SCHEDULED_REPORTS: .*{message}"):
        parse_scheduled([entry], kinds=build_kinds())


def test_the_last_whole_month_is_written_once(tmp_path: Path) -> None:
    target = str(tmp_path / "new" / "folder")
    written = run_scheduled(ALL, reporter(), target, now=NOW)
    names = ["dsr-2024-05.json", "ir-2024-05.json", "pr-2024-05.tsv"]
    assert sorted(path.name for path in Path(target).iterdir()) == names
    assert len(written) == 3
    body = json.loads((Path(target) / "ir-2024-05.json").read_text("utf-8"))
    assert body["Report_Header"]["Report_Filters"]["End_Date"] == "2024-05-31"
    assert run_scheduled(ALL, reporter(), target, now=NOW) == []
    again = run_scheduled(ALL, reporter(), target, now=NOW, month=date(2024, 5, 1))
    assert len(again) == 3


def test_nothing_is_written_of_a_month_that_is_not_counted(tmp_path: Path) -> None:
    assert run_scheduled(ALL, reporter(until=None), str(tmp_path), now=NOW) == []
    until = datetime(2024, 5, 31, 23, tzinfo=timezone.utc)
    (path,) = run_scheduled(ALL[:1], reporter(until), str(tmp_path), now=NOW)
    assert path.endswith("pr-2024-04.tsv")


def test_a_report_that_breaks_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[bytes]:
        yield b"half"
        raise StoreUnavailable("Elasticsearch", "gone")

    monkeypatch.setattr(Reporter, "run", broken)
    with pytest.raises(StoreUnavailable):
        run_scheduled(ALL, reporter(), str(tmp_path), now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_object_store_is_an_address() -> None:
    """Memory stands for a store that is no folder: the same calls of fsspec."""
    run_scheduled(ALL[:1], reporter(), "memory://bucket/stats", now=NOW)
    files = fsspec.filesystem("memory").ls("/bucket/stats", detail=False)
    assert files == ["/bucket/stats/pr-2024-05.tsv"]


def test_an_address_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STATS_REPORTS_TARGET: Protocol not known"):
        run_scheduled(ALL, reporter(), "nonsense://x", now=NOW)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="STATS_REPORTS_TARGET"):
        run_scheduled(ALL, reporter(), str(tmp_path / "file"), now=NOW)
