"""What goes from dead letters, and what stays: see ``stats.events.erasure``."""

from __future__ import annotations

from datetime import datetime, timezone

import orjson
import pytest

from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES
from stats.events.erasure import forget_letters, names_user, scrub_letter, scrub_payload
from stats.events.replay import parse_letter
from stats.stores.dead_letters import DeadLetter
from stats.stores.erasures import Erasures

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
DEEP = b"[" * 900 + b"7" + b"]" * 900


def letter(payload: bytes) -> DeadLetter:
    return DeadLetter("record-view", payload, "wrong_type", "why", NOW)


@pytest.mark.parametrize(
    ("payload", "scrubbed"),
    [
        (
            {"id": "1", "user_id": "anna", "referrer": "https://u@a.example/x?q=y"},
            {"id": "1", "referrer": "https://a.example/x"},
        ),
        ({"ip_address": ["8.8.8.8"], "session_id": {"a": 1}, "user_agent": 5}, {}),
        ([{"user_id": "anna", "id": "1"}, 3], [{"id": "1"}, 3]),
        ([[{"user_id": "anna", "id": "1"}]], [[{"id": "1"}]]),
        ({"extra": {"a": [{"user_id": "anna"}], "b": 1}}, {"extra": {"a": [{}], "b": 1}}),
        ({"user": "anna", "type": 5}, {"user": "", "type": 5}),
        ("anna", "anna"),
    ],
)
def test_private_fields_go_wherever_they_are(payload: object, scrubbed: object) -> None:
    done = scrub_payload(orjson.dumps(payload))
    assert orjson.loads(done) == scrubbed
    assert scrub_payload(done) == done


def test_nothing_stays_of_what_cannot_be_read_or_written() -> None:
    deep = b"{" + b'"user_id":{' * 900 + b'"a":1' + b"}" * 901
    assert scrub_payload(b'{"user_id": "an') == b""
    assert scrub_payload(DEEP) == b""
    assert scrub_payload(deep) == b"{}"


@pytest.mark.parametrize(
    ("payload", "user"),
    [
        (b'{"user_id": "anna"}', "anna"),
        (b'{"user_id": 7}', "7"),
        (b'{"user_id": 7.5}', "7.5"),
        (b'{"user_id": true}', "True"),
        (b'[{"a": [{"user_id": 7}]}]', "7"),
        (b'{"user_id": "\\u00f6"}', "\u00f6"),
        (b'{"user_id": "anna", "resour', "anna"),
        (b"anna\xff", "anna"),
    ],
)
def test_letters_of_a_person_are_found_by_the_text_of_the_id(payload: bytes, user: str) -> None:
    assert names_user(letter(payload), user)
    assert not names_user(letter(payload), "bert")
    assert not names_user(scrub_letter(letter(payload)), user)


def test_owners_and_absent_ids_name_nobody() -> None:
    for payload in (b'{"owner_id": "anna"}', b'{"user_id": null}', b'{"user_id": ["anna"]}', DEEP):
        for user in ("anna", "None", "['anna']"):
            assert not names_user(letter(payload), user)
    assert forget_letters([letter(DEEP)], Erasures(1, b"key", {"a": NOW})) == [letter(DEEP)]


def test_a_scrubbed_letter_is_the_same_event_at_a_replay() -> None:
    nameless = letter(b'{"type": "record-view", "resource": "record:r", "user_id": "anna"}')
    other = letter(b'{"type": "record-view", "resource": "record:r", "user_id": "bert"}')
    before, after, apart = (
        parse_letter(one, types=TYPES, now=NOW)[0]
        for one in (nameless, scrub_letter(nameless), scrub_letter(other))
    )
    assert (after.id, after.timestamp) == (before.id, before.timestamp)
    assert after.user_id is None
    assert apart.id != after.id


def test_what_was_refused_for_an_unknown_field_still_is() -> None:
    wrong = letter(b'{"type": "record-view", "resource": "record:r", "parent": "concept:c"}')
    with pytest.raises(InputError) as refused:
        parse_letter(scrub_letter(wrong), types=TYPES, now=NOW)
    assert refused.value.code == "unknown_field"
