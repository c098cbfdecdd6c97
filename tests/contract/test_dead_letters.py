"""What the dead letters promise, on a real MongoDB server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from stats.stores.dead_letters import LARGEST, DeadLetter

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


def test_scrubbed_letters_stay_the_same_letters(dead_letters):
    dead_letters.put([LETTER, LATER])
    assert list(dead_letters.read_private(LATER.time)) == [LETTER]
    dead_letters.scrub([replace(LETTER, payload=b"", key=LETTER.id)])
    assert list(dead_letters.read_private(LATER.time)) == []
    assert dead_letters.count_private(LATER.time + timedelta(seconds=1)) == 1
    scrubbed = next(dead_letters.read())
    assert (scrubbed.payload, scrubbed.id, scrubbed.message) == (b"", LETTER.id, "why")
    again = replace(LETTER, time=LATER.time)
    dead_letters.put([again])
    dead_letters.scrub([replace(LETTER, payload=b"", key=LETTER.id)])  # of the time before
    assert again in list(dead_letters.read())
    assert dead_letters.drop([LETTER.id]) == 1


def test_a_letter_whose_end_is_not_kept_is_dropped_by_its_id(dead_letters):
    dead_letters.put([replace(LETTER, payload=b"x" * (LARGEST + 1))])
    (kept,) = dead_letters.read()
    assert dead_letters.drop([kept.id]) == 1
