"""From the queue to raw documents, on real engines, with what goes wrong on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import orjson
import pytest

from stats.errors import StoreRejected, StoreUnavailable
from stats.events import process
from stats.events.enrichment import Enrichment
from stats.events.parse import dump_event
from stats.events.process import Processed, Processing, run_process
from stats.events.publish import parse_batch, run_publish
from stats.events.raw_document import document_id
from stats.events.resource_metadata import Descriptions
from stats.events.visitors import visitor_of
from stats.metrics import Recorder
from stats.stores.dead_letters import DeadLetter
from stats.stores.search import Action, ItemResult
from stats.stores.workers import Workers
from stats.times import iso_ms
from tests.contract.conftest import TYPES

VIEW = "record-view"
NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)


class Clock:
    """A clock that goes a second on with each look, so that stamps differ."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


class Faulty:
    """Elasticsearch with faults in front: each is done once, instead of or after a request."""

    def __init__(self, store):
        self.store = store
        self.faults = []
        self.requests = []

    def __getattr__(self, name):
        return getattr(self.store, name)

    def bulk(self, actions):
        self.requests.append(list(actions))
        if self.faults:
            return self.faults.pop(0)(self.store, actions)
        return self.store.bulk(actions)


def unreachable(_store, _actions):
    raise StoreUnavailable("Elasticsearch", "no answer")


def answer_lost(store, actions):
    store.bulk(actions)
    raise StoreUnavailable("Elasticsearch", "the answer is lost")


def busy_for_the_first(status, reason=""):
    def fault(store, actions):
        return [ItemResult(status, reason), *store.bulk(actions[1:])]

    return fault


def refuse_all(status, reason):
    return lambda _store, actions: [ItemResult(status, reason) for _ in actions]


@pytest.fixture
def faulty(search):
    return Faulty(search)


@pytest.fixture
def processing(queues, faulty, dead_letters, erasures, resources, database, monkeypatch):
    monkeypatch.setattr("stats.events.index.FIRST_PAUSE", 0.01)
    return Processing(
        queues=queues,
        search=faulty,
        dead_letters=dead_letters,
        erasures=erasures,
        resources=resources,
        descriptions=Descriptions(),
        types=TYPES,
        enrichment=Enrichment(salt_of=lambda day: day.to_bytes(32, "big")),
        pruned_until=lambda _type_name: None,
        refused_days=frozenset,
        workers=Workers(database),
        recorder=Recorder(),
        clock=Clock(),
        patience=0.5,
    )


def view(n, **fields):
    return {
        "type": VIEW,
        "resource": f"record:r{n}",
        "id": f"e{n}",
        "timestamp": iso_ms(NOW),
    } | fields


def publish(queues, *objects):
    batch = parse_batch(objects, types=TYPES, now=NOW + timedelta(days=9))
    assert not batch.rejected
    run_publish(batch.events, queues=queues)


def raw(search):
    search.refresh(search.raw(VIEW))
    pages = search.pages(search.raw(VIEW), {"query": {"match_all": {}}})
    return {hit["_source"]["id"]: hit for page in pages for hit in page}


def reasons(dead_letters):
    return sorted((letter.code, letter.payload) for letter in dead_letters.read())


def test_events_become_documents_in_the_index_of_their_month(queues, search, processing):
    publish(queues, *(view(n) for n in range(250)), view(999, timestamp="2024-04-30T23:59:59Z"))
    assert run_process(VIEW, processing=processing) == Processed(created=251)
    found = raw(search)
    assert len(found) == 251
    assert found["e7"]["_id"] == document_id("e7")
    assert found["e7"]["_index"] == search.raw(VIEW, "2024-05")
    assert found["e999"]["_index"] == search.raw(VIEW, "2024-04")
    assert found["e7"]["_source"]["indexed_at"] > iso_ms(NOW)
    assert queues.depth(VIEW) == 0


def test_refs_get_the_form_that_their_kinds_say(queues, search, processing):
    parents = ["dataset:https://doi.org/10.5072/ABC", "dataset:doi:10.5072/abc", "bucket:B"]
    publish(queues, view(1, resource="file:doi:10.5072/ABC/Data.csv", parents=parents))
    publish(queues, view(2, resource="record:DOI:10.5072/ABC"))
    assert run_process(VIEW, processing=processing) == Processed(created=2)
    found = {name: hit["_source"] for name, hit in raw(search).items()}
    assert found["e1"]["resource"] == "file:doi:10.5072/ABC/Data.csv"
    assert found["e1"]["parents"] == ["dataset:doi:10.5072/abc", "bucket:B"]
    assert found["e2"]["resource"] == "record:doi:10.5072/abc"
    assert "record:doi:10.5072/abc" in found["e2"]["resources"]


def test_an_empty_queue_is_no_work(queues, search, processing):
    assert run_process(VIEW, processing=processing) == Processed()


def test_more_than_a_chunk_is_drained_in_one_run(queues, search, processing):
    publish(queues, *(view(n) for n in range(230)))
    small = replace(processing, limit=50)
    assert run_process(VIEW, processing=small).created == 230
    assert len(raw(search)) == 230


def test_single_events_and_batches_are_the_same(queues, search, processing):
    events = parse_batch([view(n) for n in range(3)], types=TYPES, now=NOW).events
    queues.publish(VIEW, [orjson.dumps(dump_event(event)) for event in events[:1]])
    queues.publish(VIEW, [orjson.dumps([dump_event(event) for event in events[1:]]), b"[]"])
    assert run_process(VIEW, processing=processing) == Processed(created=3)


def test_the_same_event_twice_is_one_document_with_its_first_identity(queues, search, processing):
    publish(queues, view(1, title="first"), view(1, title="second"))
    assert run_process(VIEW, processing=processing) == Processed(created=1, duplicates=1)
    before = raw(search)
    publish(queues, view(1, title="third"))
    assert run_process(VIEW, processing=processing) == Processed(duplicates=1)
    assert raw(search)["e1"]["_source"] == before["e1"]["_source"]
    assert before["e1"]["_source"]["title"] == "first"


def test_a_broken_message_never_keeps_the_others_out(queues, search, dead_letters, processing):
    poison = [
        b"not JSON \xff",
        b'"text"',
        orjson.dumps([view(1), {"type": VIEW}, 5]),
        orjson.dumps(view(2, colour="red")),
        orjson.dumps(view(3, timestamp=None)),
        orjson.dumps(view(4, id=None)),
        orjson.dumps(view(5, type="file-download")),
        orjson.dumps(view(6, timestamp="2024-05-19T00:00:00Z")),
        orjson.dumps(view(7, timestamp="1970-01-01T00:00:00Z")),
    ]
    queues.publish(VIEW, [*poison, orjson.dumps(view(8))])
    assert run_process(VIEW, processing=processing) == Processed(created=2, dead_letters=10)
    assert set(raw(search)) == {"e1", "e8"}
    codes = [code for code, _payload in reasons(dead_letters)]
    assert codes == [
        "bad_format",
        "in_the_future",
        "missing",
        "missing",
        "missing",
        "not_json",
        "out_of_range",
        "unknown_field",
        "wrong_type",
        "wrong_type",
    ]
    assert ("not_json", b"not JSON \xff") in reasons(dead_letters)
    assert queues.depth(VIEW) == 0


def test_monsters_are_dead_letters_too(queues, dead_letters, processing):
    deep = b'{"type":' + b"[" * 500 + b"]" * 500 + b"}"
    large = b"x" * 9_000_000
    queues.publish(VIEW, [deep, large, orjson.dumps(view(1))])
    assert run_process(VIEW, processing=processing) == Processed(created=1, dead_letters=2)
    kept = {letter.code: letter for letter in dead_letters.read()}
    assert set(kept) == {"missing", "not_json"}
    assert kept["missing"].payload == deep
    assert large.startswith(kept["not_json"].payload)
    assert "9000000 bytes" in kept["not_json"].message


def test_an_event_of_a_pruned_day_came_too_late(queues, search, dead_letters, processing):
    publish(queues, view(1, timestamp="2024-05-09T23:59:59.999Z"), view(2, timestamp="2024-05-10"))
    pruned = replace(processing, pruned_until=lambda _type_name: date(2024, 5, 10))
    assert run_process(VIEW, processing=pruned) == Processed(created=1, dead_letters=1)
    assert [code for code, _payload in reasons(dead_letters)] == ["too_late"]
    assert set(raw(search)) == {"e2"}


def test_a_document_that_is_refused_is_set_aside_and_the_rest_goes_on(
    queues, search, dead_letters, processing
):
    odd = dict(TYPES) | {VIEW: replace(TYPES[VIEW], url_key=lambda _event: "x")}
    places = replace(
        processing.enrichment,
        find_place=lambda address: {"location": "nowhere"} if address == "192.0.2.1" else {},
    )
    publish(queues, view(1, ip_address="192.0.2.1"), view(2))
    run = replace(processing, types=odd, enrichment=places)
    assert run_process(VIEW, processing=run) == Processed(created=1, dead_letters=1)
    ((code, payload),) = reasons(dead_letters)
    assert code == "rejected"
    assert orjson.loads(payload)["id"] == "e1"
    assert queues.depth(VIEW) == 0


def test_a_url_key_of_a_host_that_fails_is_one_dead_letter(queues, dead_letters, processing):
    def url_key(event):
        return {"record:r1": "x"}[event.resource]

    publish(queues, view(1), view(2))
    run = replace(processing, types=TYPES | {VIEW: replace(TYPES[VIEW], url_key=url_key)})
    assert run_process(VIEW, processing=run) == Processed(created=1, dead_letters=1)


@pytest.mark.parametrize(
    "fault",
    [
        unreachable,
        answer_lost,
        busy_for_the_first(429, "es_rejected_execution_exception: queue is full"),
        busy_for_the_first(503, "unavailable_shards_exception"),
        busy_for_the_first(403, "cluster_block_exception: read-only"),
        busy_for_the_first(500, "something"),
    ],
)
def test_what_passes_is_tried_again_with_a_fresh_stamp(queues, search, processing, faulty, fault):
    publish(queues, *(view(n) for n in range(3)))
    faulty.faults = [fault, fault]
    assert run_process(VIEW, processing=processing) == Processed(created=3)
    found = raw(search)
    assert len(found) == 3
    last = faulty.requests[-1][0]
    stamp = last.source if isinstance(last.source, dict) else orjson.loads(last.source)
    assert found["e0"]["_source"]["indexed_at"] == stamp["indexed_at"]
    assert stamp["indexed_at"] > orjson.loads(faulty.requests[0][0].source)["indexed_at"]


def test_without_elasticsearch_nothing_is_acknowledged(queues, search, processing, faulty):
    publish(queues, view(1))
    faulty.faults = [unreachable] * 50
    with pytest.raises(StoreUnavailable):
        run_process(VIEW, processing=processing)
    faulty.faults = []
    assert run_process(VIEW, processing=processing) == Processed(created=1)
    assert set(raw(search)) == {"e1"}


def test_a_chunk_that_fails_keeps_those_behind_it_from_being_acknowledged(
    queues, search, processing, faulty, monkeypatch
):
    for n in range(1, 4):
        publish(queues, view(n))

    def bulk(actions):
        if document_id("e1") in [action.id for action in actions]:
            raise StoreUnavailable("Elasticsearch", "no answer")
        return search.bulk(actions)

    with monkeypatch.context() as patch, pytest.raises(StoreUnavailable):
        patch.setattr(faulty, "bulk", bulk)
        run_process(VIEW, processing=replace(processing, limit=1))
    assert set(raw(search)) == {"e2"}
    assert run_process(VIEW, processing=processing) == Processed(created=2, duplicates=1)
    assert queues.depth(VIEW) == 0


class SlowNetwork:
    """Queues whose broker counts only what it has not given out, while that is long on its way."""

    def __init__(self, queues, *, rounds):
        self.queues = queues
        self.rounds = iter(range(rounds))
        self.given_out = False

    def depth(self, type_name):
        return 0 if self.given_out else self.queues.depth(type_name)

    @contextmanager
    def consume(self, type_name, *, prefetch):
        with self.queues.consume(type_name, prefetch=prefetch) as self.consumer:
            self.given_out = True
            yield self

    def arriving(self, *, wait):
        return (
            iter(()) if next(self.rounds, None) is not None else self.consumer.arriving(wait=wait)
        )

    @property
    def unacknowledged(self):
        return self.consumer.unacknowledged

    def ack(self, tag):
        self.consumer.ack(tag)


def test_what_is_on_its_way_to_the_worker_is_waited_for(queues, search, processing):
    publish(queues, view(1))
    slow = replace(processing, queues=SlowNetwork(queues, rounds=5))
    assert run_process(VIEW, processing=slow) == Processed(created=1)
    assert queues.depth(VIEW) == 0


def test_a_document_of_a_worker_that_died_is_stamped_anew(queues, search, processing):
    publish(queues, view(1))
    faulty = processing.search
    faulty.faults = [answer_lost, *[unreachable] * 50]
    with pytest.raises(StoreUnavailable):
        run_process(VIEW, processing=processing)
    before = raw(search)["e1"]["_source"]
    faulty.faults = []
    assert run_process(VIEW, processing=processing) == Processed(duplicates=1)
    after = raw(search)["e1"]["_source"]
    assert after["indexed_at"] > before["indexed_at"]
    assert {**after, "indexed_at": ""} == {**before, "indexed_at": ""}


def test_no_permission_is_an_error_and_not_a_dead_letter(
    queues, search, dead_letters, processing, faulty
):
    publish(queues, view(1))
    faulty.faults = [refuse_all(403, "security_exception: no")]
    with pytest.raises(StoreRejected):
        run_process(VIEW, processing=processing)
    assert dead_letters.count() == 0
    assert run_process(VIEW, processing=processing) == Processed(created=1)


def test_a_stop_ends_between_chunks_and_loses_nothing(queues, search, processing):
    publish(queues, *(view(n) for n in range(250)))
    answers = iter([False, False, True])
    run = replace(processing, limit=100, should_stop=lambda: next(answers))
    first = run_process(VIEW, processing=run)
    assert 0 < first.created < 250
    rest = run_process(VIEW, processing=processing)
    assert first.created + rest.created == 250
    assert len(raw(search)) == 250


def test_a_run_ends_though_events_go_on_coming(queues, processing, monkeypatch):
    monkeypatch.setattr(process, "RUN_SECONDS", 0.0)
    publish(queues, *(view(n) for n in range(10)))
    more = iter(range(100, 1000))
    run = replace(
        processing,
        limit=5,
        should_stop=lambda: bool(publish(queues, view(next(more)))),
    )
    assert run_process(VIEW, processing=run).created < 200


def test_two_workers_share_a_queue(queues, search, processing):
    publish(queues, *(view(n) for n in range(3000)))
    small = replace(processing, limit=100)
    with ThreadPoolExecutor(2) as executor:
        runs = list(executor.map(lambda _n: run_process(VIEW, processing=small), range(2)))
    assert sum(run.created for run in runs) == 3000
    assert len(raw(search)) == 3000


def test_large_documents_go_in_several_requests(queues, search, processing, faulty, monkeypatch):
    monkeypatch.setattr("stats.events.index.BYTES_A_REQUEST", 20_000)
    publish(queues, *(view(n, user_agent="x" * 4000) for n in range(20)))
    assert run_process(VIEW, processing=processing).created == 20
    assert len(faulty.requests) > 3
    assert all(sum(len(a.source) for a in request) < 25_000 for request in faulty.requests)


def test_actions_are_creations(queues, processing, faulty):
    publish(queues, view(1))
    run_process(VIEW, processing=processing)
    assert [action.op for request in faulty.requests for action in request] == ["create"]
    assert isinstance(faulty.requests[0][0], Action)


ANNA = {
    "user_id": "anna",
    "ip_address": "8.8.8.8",
    "session_id": "the first session",
    "user_agent": "Firefox",
}
PRIVATE = tuple(ANNA.values())
BEFORE, AFTER = iso_ms(NOW - timedelta(days=1)), iso_ms(NOW + timedelta(hours=1))


def test_who_was_forgotten_is_nobody_in_events_from_before(queues, search, processing, erasures):
    publish(queues, view(1, **ANNA), view(2, **ANNA | {"user_id": "bert"}))
    run_process(VIEW, processing=processing)
    erasures.add("anna", at=NOW)
    before, after = {"timestamp": BEFORE}, {"timestamp": AFTER}
    publish(queues, view(3, **ANNA, **before), view(4, **ANNA, **after))
    publish(queues, view(5, **ANNA | {"user_id": "bert"}, **before), view(6, **before))
    assert run_process(VIEW, processing=processing).created == 4
    found = {key: hit["_source"] for key, hit in raw(search).items()}
    assert not any(word in str(found["e3"]) for word in PRIVATE)
    assert found["e3"]["scrubbed"]
    assert "private" not in found["e3"]
    # known from her event that was there before: it counts as the same visitor's
    day = processing.enrichment.salt_of
    assert found["e3"]["visitor_id"] == visitor_of("user|anna", day(19859)).visitor_id
    assert found["e4"]["private"]["user_id"] == "anna"
    assert found["e5"]["private"]["user_id"] == "bert"
    assert "scrubbed" not in found["e6"]


def test_who_is_forgotten_between_two_attempts_is_nobody(
    queues, search, processing, faulty, erasures
):
    """The list is looked up with each attempt: a chunk may be read long before."""
    publish(queues, view(1, **ANNA, timestamp=BEFORE))

    def meanwhile(_store, _actions):
        erasures.add("anna", at=NOW)
        raise StoreUnavailable("Elasticsearch", "no answer")

    faulty.faults = [meanwhile]
    run_process(VIEW, processing=processing)
    assert "private" not in raw(search)["e1"]["_source"]


def test_dead_letters_of_the_forgotten_keep_nothing_of_them(
    queues, processing, faulty, dead_letters, erasures
):
    erasures.add("anna", at=NOW)
    erasures.add("7", at=NOW)
    publish(queues, view(1, **ANNA, timestamp=BEFORE))
    wrong = [
        {**view(2, **ANNA), "timestamp": "yesterday"},
        {**view(3, user_id=7, ip_address="8.8.8.8", timestamp=BEFORE), "via": 7},
        {**view(4, user_id=7, ip_address="9.9.9.9", timestamp=AFTER), "via": 7},
        {**view(5, **ANNA, timestamp=BEFORE), "email": "anna@example.org"},
    ]
    queues.publish(VIEW, [orjson.dumps(wrong)])
    faulty.faults = [refuse_all(400, "mapper_parsing_exception: no")]
    assert run_process(VIEW, processing=processing).dead_letters == 5
    letters = {orjson.loads(a.payload)["id"]: a for a in dead_letters.read()}
    assert letters["e4"].payload == orjson.dumps(wrong[2])
    kept = str([a.payload for key, a in letters.items() if key != "e4"])
    assert not any(word in kept for word in ("anna", "8.8.8.8", "user_id", "Firefox"))
    assert orjson.loads(letters["e5"].payload)["email"] == ""
    assert letters["e2"].id == DeadLetter(VIEW, orjson.dumps(wrong[0]), "", "", NOW).id
