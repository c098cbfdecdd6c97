"""What the dead letters promise, on a real MongoDB server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from stats.stores.dead_letters import DeadLetter

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
LETTER = DeadLetter("record-view", b"\xff not JSON \x00", "not_json", "why", NOW)
LATER = DeadLetter("file-download", b"{}", "missing", "why", NOW + timedelta(seconds=1))


def test_the_bytes_are_kept_as_they_came_oldest_first(dead_letters):
    dead_letters.ensure()
    dead_letters.put([LATER, LETTER])
    assert list(dead_letters.read()) == [LETTER, LATER]
    assert list(dead_letters.read(["file-download"])) == [LATER]
    assert dead_letters.count() == 2


def test_the_same_bytes_of_the_same_type_are_one_letter(dead_letters):
    dead_letters.put([LETTER])
    dead_letters.put([replace(LETTER, message="newer", time=LATER.time)])
    dead_letters.put([replace(LETTER, type_name="file-download")])
    assert dead_letters.count() == 2
    assert [letter.message for letter in dead_letters.read(["record-view"])] == ["newer"]


def test_letters_are_dropped_by_their_ids(dead_letters):
    dead_letters.put([LETTER, LATER])
    assert dead_letters.drop([LETTER.id, "unknown"]) == 1
    assert dead_letters.drop([LETTER.id]) == 0
    assert list(dead_letters.read()) == [LATER]


def test_nothing_is_a_normal_number_of_letters(dead_letters):
    dead_letters.put([])
    assert list(dead_letters.read()) == []
    assert dead_letters.drop([]) == 0
