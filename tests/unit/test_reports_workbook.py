"""Workbooks, read by another library than the one that writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from stats.reports import workbook
from stats.reports.cells import Cell
from stats.reports.tables import Table, join_name, name_file, table_chunks
from stats.reports.workbook import MOST_CHARACTERS, Sheet, workbook_chunks
from stats.times import UTC


def read(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(BytesIO(data))
    return {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def written(*rows: list[Cell]) -> list[tuple[Any, ...]]:
    columns = [f"c{number}" for number in range(len(rows[0]))]
    return read(b"".join(workbook_chunks([Sheet("t", columns, rows)])))["t"][1:]


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://x")',
        "+1+1",
        "-2+3",
        "@SUM(1)",
        "\t=1+1",
        "{=1+1}",
        "0123",
        "https://example.org/a",
        "internal:Sheet1!A1",
        "_x0041_",
        "bell \a and <tag> & “quote”",
        " blanks ",
        "Zürich 東京 🙂",
    ],
)
def test_text_stays_text(text: str) -> None:
    data = b"".join(workbook_chunks([Sheet("t", ["c"], [[text]])]))
    (cell,) = load_workbook(BytesIO(data))["t"][2]
    assert (unescape(cell.value), cell.data_type) == (text, "s")
    assert cell.hyperlink is None
    parts = ZipFile(BytesIO(data))
    assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert not any("rels" in name and "sheet" in name for name in parts.namelist())


def test_cells_are_numbers_or_text() -> None:
    moment = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)
    assert written([1, -2, 0.5, None, moment, ["a", "b"], 10**15, -(10**18)]) == [
        (1, -2, 0.5, None, "2025-01-02T03:04:05.678Z", "a, b", "1000000000000000", f"-{10**18}")
    ]
    assert written([10**15 - 1]) == [(999_999_999_999_999,)]


def test_what_has_no_room_is_cut_or_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(["x" * (MOST_CHARACTERS + 5)]) == [("x" * MOST_CHARACTERS,)]
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    rows: list[list[Cell]] = [[number] for number in range(5)]
    assert read(b"".join(workbook_chunks([Sheet("t", ["n"], rows)]))) == {
        "t": [("n",), (0,), (1,)],
        "t (2)": [("n",), (2,), (3,)],
        "t (3)": [("n",), (4,)],
    }


def test_names_of_sheets_are_made_to_fit_and_differ() -> None:
    wanted = ["a/b:c", "'q'", "Views", "VIEWS", "x" * 40, "x" * 40, ""]
    data = b"".join(workbook_chunks([Sheet(name, [], []) for name in wanted]))
    expected = ["a-b-c", "-q-", "Views", "VIEWS (2)", "x" * 31, "x" * 27 + " (2)", "-"]
    assert list(read(data)) == expected


def test_memory_does_not_grow_with_the_rows() -> None:
    held: list[int] = []

    def rows() -> Iterator[list[Cell]]:
        for number in range(3_000):
            row = Counted(held, number)
            yield row

    for _ in workbook_chunks([Sheet("t", ["n"], rows())]):
        pass
    assert max(held) <= 3


class Counted(list[Cell]):
    """A row that knows how many there are."""

    alive = 0

    def __init__(self, held: list[int], number: int) -> None:
        super().__init__([number])
        Counted.alive += 1
        held.append(Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


def test_a_table_in_both_forms_has_the_same_cells() -> None:
    table = Table("t", ("key", "n"), [{"key": "=1", "n": 2, "more": 3}, {"key": "b", "n": None}])
    assert b"".join(table_chunks(table, "csv")) == b"key,n\r\n'=1,2\r\nb,\r\n"
    assert read(b"".join(table_chunks(table, "xlsx"))) == {
        "t": [("key", "n"), ("=1", 2), ("b", None)]
    }


def test_a_file_is_named_by_resource_and_window() -> None:
    answer = {"resource": 'record:a/"b"\r\nü', "from": "2025-01-01", "to": "2025-01-31"}
    assert name_file("record-view-by", answer) == "record-view-by_record-a-b_2025-01-01_2025-01-31"
    assert (
        name_file("top", {"within": "community:c", "from": None, "to": None}) == "top_community-c"
    )
    assert join_name("x" * 200, "...") == "x" * 60
