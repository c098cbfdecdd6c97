"""Cells of CSV and TSV: quoting, formulas, times."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.reports.cells import cell_text, csv_line, defuse, tsv_line

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=cmd|' /C calc'!A0",
    "\uff1d1",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_defused(text: str) -> None:
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "1-2", "'=1", "10.1234/abc", "é"])
def test_other_text_is_left_alone(text: str) -> None:
    assert defuse(text) == text


def test_numbers_are_never_defused() -> None:
    assert cell_text(-5) == "-5"
    assert cell_text(-0.5) == "-0.5"


def test_times_have_milliseconds_and_never_is_empty() -> None:
    moment = datetime(2024, 5, 1, 2, 3, 4, 5999, tzinfo=timezone.utc)
    assert cell_text(moment) == "2024-05-01T02:03:04.005Z"
    assert cell_text(None) == ""


def test_lists_are_joined_and_defused_as_a_whole() -> None:
    assert cell_text(["d1", "d2"]) == "d1, d2"
    assert cell_text(["-d1", "d2"]) == "'-d1, d2"
    assert cell_text([]) == ""


def test_a_line_is_quoted_as_rfc_4180_says() -> None:
    assert csv_line(["a,b", 'say "x"', "two\nlines", 3]) == '"a,b","say ""x""","two\nlines",3\r\n'


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2))
def test_what_is_read_back_is_what_was_written(texts: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(csv_line(texts), newline=""))
    assert row == [cell_text(text) for text in texts]
    for cell, text in zip(row, texts, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert cell.lstrip()[:1] not in ("=", "+", "-", "@")


def test_a_tsv_cell_holds_no_tab_and_no_line_break() -> None:
    assert tsv_line(["a\tb", "c\r\nd", 1]) == "a b\tc d\t1\n"
