"""The languages of the dashboard: every text in each, numbers as the elements write theirs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from werkzeug.datastructures import LanguageAccept

from stats.dashboard import language
from stats.dashboard.citation import write_citation
from stats.dashboard.language import LANGUAGES, Language, parse_language, read_texts
from stats.errors import InputError

TEMPLATES = Path(language.__file__).parent / "templates" / "stats"
NARROW = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"
ELSEWHERE = re.compile(
    r"(problem|reason|counting|most|column|cited|gallery)_\w+|cited|days|last-\w+|this-year|all"
)
"""Keys that templates and sections put together, or that are names of windows."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_every_text_with_the_same_places(tag: str) -> None:
    english, texts = read_texts("en"), read_texts(tag)
    assert list(texts) == list(english)
    for key, text in texts.items():
        kinds = {"kind_lower": "kind"}  # other languages write nouns as they are
        wanted = {kinds.get(name, name) for name in places(english[key])}
        assert {kinds.get(name, name) for name in places(text)} == wanted, key


def test_every_text_is_used_and_every_page_has_its_texts() -> None:
    sources = "".join(file.read_text("utf-8") for file in TEMPLATES.rglob("*.html"))
    used = set(re.findall(r'language\.text\(["\']([\w-]+)["\']', sources))
    used -= {"counting_", "most_", "column_", "gallery_"}  # the name comes behind
    texts = set(read_texts("en"))
    assert used <= texts
    rest = {key for key in texts - used if not ELSEWHERE.fullmatch(key)}
    assert rest == {
        "views",
        "downloads",
        "as",
        "views_as",
        "downloads_as",
        "history",
        "where",
    }


@pytest.mark.parametrize(
    ("tag", "numbers"),
    [
        ("en", ["999", "1,234", "12,345,678"]),
        ("de", ["999", "1.234", "12.345.678"]),
        ("es", ["999", "1234", "12.345.678"]),
        ("fr", ["999", f"1{NARROW}234", f"12{NARROW}345{NARROW}678"]),
    ],
)
def test_numbers_are_written_in_full(tag: str, numbers: list[str]) -> None:
    assert [Language(tag).number(n) for n in (999, 1234, 12_345_678)] == numbers


@pytest.mark.parametrize(
    ("size", "english", "french"),
    [
        (0, "0 B", "0 o"),
        (999, "999 B", "999 o"),
        (1_250_000, "1.2 MB", "1,2 Mo"),
        (999_960, "1.0 MB", "1,0 Mo"),
        (5 * 10**17, "500.0 PB", "500,0 Po"),
    ],
)
def test_bytes_are_written_in_thousands(size: int, english: str, french: str) -> None:
    assert Language("en").size(size).replace(NO_BREAK, " ") == english
    assert Language("fr").size(size).replace(NO_BREAK, " ") == french


def test_a_share_and_a_plural() -> None:
    assert Language("en").percent(0.0876) == "8.8%"
    assert Language("de").percent(0.0876) == f"8,8{NO_BREAK}%"
    assert [Language("en").text("in_sessions", n=n) for n in (0, 1, 1234)] == [
        *("in 0 sessions", "in 1 session", "in 1,234 sessions")
    ]
    assert Language("fr").text("in_sessions", n=0) == "en 0 session"
    assert Language("de").reason("robot") == "Robots"
    assert Language("de").reason("a-hosts-own") == "a-hosts-own"


def test_the_language_is_the_one_asked_for_or_the_readers() -> None:
    austrian = LanguageAccept([("de-AT", 1), ("fr", 0.5)])
    assert parse_language(None, austrian) == Language("de")
    assert parse_language("es", austrian) == Language("es")
    assert parse_language("", LanguageAccept([("nl", 1)])) == Language("en")
    with pytest.raises(InputError, match="lang is one of en, de, fr, es"):
        parse_language("de-AT", austrian)


def test_a_change_has_its_sign() -> None:
    assert [Language("en").signed(n) for n in (0, 1, -1234)] == ["0", "+1", "\N{MINUS SIGN}1,234"]
    assert Language("fr").signed(-2_000, is_size=True) == f"\N{MINUS SIGN}2,0{NO_BREAK}ko"


@pytest.mark.parametrize(
    ("tag", "line"),
    [
        ("en", "T: viewed 1,234 times, downloaded 1 time, 2020-01-01 to 2026-11-26"),
        ("de", "T: 1.234 Aufrufe, 1 Download, 2020-01-01 bis 2026-11-26"),
        ("fr", f"T : 1{NARROW}234 vues, 1 téléchargement, du 2020-01-01 au 2026-11-26"),
        ("es", "T: 1234 visitas, 1 descarga, del 2020-01-01 al 2026-11-26"),
    ],
)
def test_a_citation_has_the_exact_numbers_and_their_days(tag: str, line: str) -> None:
    days = {"first": date(2020, 1, 1), "last": date(2026, 11, 26)}
    totals = {"views": 1234, "downloads": 1}
    written = write_citation(totals, Language(tag), title="T", **days)
    assert written is not None
    assert written.startswith(f"{line} (UTC")
    assert "COUNTER" in written
    nothing = {"views": 0, "downloads": 0}
    assert write_citation(nothing, Language(tag), title="T", **days) is None
