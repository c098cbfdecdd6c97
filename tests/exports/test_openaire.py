"""Events sent to a Matomo that checks every parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.engines.namespace import Namespace
from stats.errors import InputError, StoreRejected, StoreUnavailable
from stats.events.raw_document import document_id
from stats.exports.addresses import mask_address
from stats.exports.http import Caller
from stats.exports.matomo import Tracker, build_body, build_chunks, build_request
from stats.exports.openaire import Due, Export, ExportResult, run_dry, run_openaire, run_waiting
from stats.stores.exports import ExportStore
from stats.stores.mongo import connect
from stats.stores.search import Action, SearchStore
from stats.times import iso_ms
from tests.exports.servers import Matomo, serving
from tests.report_sources import Resources

UTC = timezone.utc
NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(days=3)
TYPES = ("record-view", "file-download")


def event(number: int, **more: Any) -> dict[str, Any]:
    """Return a raw document; ``number`` is minutes after the start, and its id."""
    moment = START + timedelta(minutes=number)
    return {
        "id": f"e{number:05}",
        "type": "record-view",
        "timestamp": iso_ms(moment),
        "indexed_at": iso_ms(moment + timedelta(seconds=10)),
        "resource": "record:r1",
        "title": "A record: Ünïcode & more",
        "url": "https://repo.example/records/1?a=b&c=d",
        "referrer": "https://user:secret@search.example/find?q=private#x",
        "visitor_id": "AAECAwQFBgcICQoLDA0ODw",
        "country": "CH",
        "private": {"ip_address": "192.0.2.77", "user_agent": "Mozilla/5.0 (X11; Linux) Firefox"},
        **more,
    }


def tracker(url: str = "http://localhost", **more: Any) -> Tracker:
    return Tracker(
        url,
        7,
        "t" * 32,
        "oai:repo.example",
        ("record", "dataset"),
        frozenset({"file-download"}),
        **more,
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("192.0.2.77", ["192.0.2.77", "192.0.2.0", "192.0.0.0", "192.0.0.0", "0.0.0.0"]),
        (
            "2001:db8:1:2:3:4:5:6",
            ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::", "2001:d00::", "::"],
        ),
        (
            "::ffff:198.51.100.9",
            [
                "::ffff:198.51.100.9",
                "::ffff:198.51.100.0",
                "::ffff:198.51.0.0",
                "::ffff:198.0.0.0",
                "::ffff:0.0.0.0",
            ],
        ),
        ("", [None] * 5),
        ("unknown", [None] * 5),
    ],
)
def test_addresses_are_masked(text: str, masked: list[str | None]) -> None:
    assert [mask_address(text, count) for count in range(5)] == masked


@given(st.ip_addresses(), st.integers(1, 4))
def test_a_masked_address_never_holds_its_last_byte(address: Any, count: int) -> None:
    masked = mask_address(str(address), count)
    assert masked is not None
    assert masked.endswith((".0", "::"))


def test_what_cannot_be_sent_is_left_out() -> None:
    one = tracker()
    assert build_request(event(0), one, now=NOW)
    without_url = {k: v for k, v in event(0).items() if k != "url"}
    assert build_request(without_url, one, now=NOW) is None
    assert build_request(event(0, resource="loan:l"), one, now=NOW) is None
    assert build_request(event(0, timestamp=iso_ms(NOW + timedelta(hours=1))), one, now=NOW) is None
    assert build_request(event(0, timestamp="2001-01-01T00:00:00.000Z"), one, now=NOW) is None


def test_a_relative_address_is_completed() -> None:
    text = build_request(event(0, url="/r/1"), tracker(site_url="https://repo.example"), now=NOW)
    assert text is not None
    assert "url=https%3A%2F%2Frepo.example%2Fr%2F1" in text
    assert build_request(event(0, url="/r/1"), tracker(), now=NOW) is None


@given(st.lists(st.integers(0, 3000), max_size=60), st.integers(1, 9), st.integers(600, 4000))
def test_chunks_keep_both_limits_and_lose_nothing(lengths: list[int], most: int, size: int) -> None:
    events = [event(n, title="x" * (length % 150)) for n, length in enumerate(lengths)]
    for position, one in enumerate(events):
        if lengths[position] % 7 == 0:
            del one["url"]
    site = tracker(chunk_events=most, chunk_bytes=size)
    chunks = list(build_chunks(events, site, now=NOW))
    sent = [text for chunk in chunks for text in chunk.requests]
    assert len(sent) == sum(length % 7 != 0 for length in lengths)
    assert sum(chunk.skipped for chunk in chunks) == len(lengths) - len(sent)
    for chunk in chunks:
        assert len(chunk.requests) <= most
        assert len(chunk.requests) <= 1 or len(build_body(chunk.requests, site)) <= size
    if events:
        assert chunks[-1].last[1] == events[-1]["id"]


def test_a_download_may_have_the_title_of_its_record() -> None:
    download = event(
        0, type="file-download", resource="file:f", title="f.zip", parents=["record:r"]
    )
    named = download | {"record_title": "A record"}
    for site, source, title in [
        (tracker(), named, "f.zip"),
        (tracker(record_titles=True), named, "A record"),
        (tracker(record_titles=True), download, "f.zip"),
        (tracker(record_titles=True), event(0, title="Own") | {"record_title": "B"}, "Own"),
    ]:
        text = build_request(source, site, now=NOW)
        assert text is not None
        assert parse_qs(text[1:])["action_name"] == [title]


class System:
    """The export on real engines, to a server of its own."""

    def __init__(self, namespace: Namespace, matomo: Matomo) -> None:
        self.matomo = matomo
        self.search = SearchStore(
            namespace.elasticsearch,
            prefix=namespace.prefix,
            type_names=TYPES,
            request_timeout=30,
        )
        self.bookmarks = ExportStore(connect(namespace.mongo, timeout=10))
        self.resources = Resources()

    def export(self, **more: Any) -> Export:
        caller = Caller("OpenAIRE", timeout=10, waits=(0.0, 0.0), sleep=lambda _: None)
        site = tracker(self.matomo.url, **{"chunk_events": 3, **more})
        return Export(self.search, self.bookmarks, site, TYPES, caller, self.resources)

    def write(self, events: Sequence[dict[str, Any]]) -> None:
        results = self.search.bulk(
            [
                Action(
                    "create",
                    self.search.raw(e["type"], e["timestamp"][:7]),
                    document_id(e["id"]),
                    e,
                )
                for e in events
            ]
        )
        assert all(result.ok for result in results), results
        for name in TYPES:
            self.search.refresh(self.search.raw(name))

    def run(self, minutes: float = 10_000, **more: Any) -> ExportResult:
        until = START + timedelta(minutes=minutes)
        return run_openaire(self.export(), Due(until, datetime.now(UTC), **more))

    def sent(self) -> list[int]:
        """Return the minutes of what was tracked, in the order it came."""
        moments = [datetime.fromisoformat(t["cdt"]) for t in self.matomo.tracked]
        return [int((m.replace(tzinfo=UTC) - START).total_seconds() // 60) for m in moments]


@pytest.fixture
def system(stats_namespace: Namespace) -> Iterator[System]:
    with serving(Matomo("t" * 32)) as matomo:
        assert isinstance(matomo, Matomo)
        found = System(stats_namespace, matomo)
        yield found
        assert matomo.complaints == []
        found.search.close()


def test_every_parameter_is_as_matomo_wants_it(system: System) -> None:
    download = event(
        1,
        type="file-download",
        resource="file:f",
        parents=["collection:c", "dataset:10.1234/x", "record:r2"],
        url="https://repo.example/f.zip",
        private={"ip_address": "2001:db8:1:2:3:4:5:6"},
    )
    del download["referrer"], download["title"], download["country"]
    system.write([event(0), download])
    assert system.run() == ExportResult(sent=2, chunks=1)
    view, file = system.matomo.tracked
    assert view == {
        "idsite": "7",
        "rec": "1",
        "apiv": "1",
        "bots": "1",
        "url": "https://repo.example/records/1?a=b&c=d",
        "action_name": "A record: Ünïcode & more",
        "urlref": "https://search.example/find",
        "_id": "0001020304050607",
        "cid": "0001020304050607",
        "cip": "192.0.0.0",
        "ua": "Mozilla/5.0 (X11; Linux) Firefox",
        "country": "ch",
        "cdt": f"{START:%Y-%m-%d %H:%M:%S}",
        "cvar": '{"1": ["oaipmhID", "oai:repo.example:r1"]}',
    }
    assert file["download"] == file["url"] == "https://repo.example/f.zip"
    assert file["cip"] == "2001:db8:1::"
    assert json.loads(file["cvar"])["1"][1] == "oai:repo.example:10.1234/x"
    assert not {"urlref", "ua", "action_name", "country"} & set(file)


def test_events_go_once_in_order_and_in_chunks(system: System) -> None:
    downloads = [event(n, type="file-download", parents=["record:r"]) for n in range(1, 10, 2)]
    system.write([*(event(n) for n in range(0, 10, 2)), *downloads])
    system.write([event(20, excluded="robot"), event(21, resource="loan:l")])
    assert system.run() == ExportResult(sent=10, skipped=1, chunks=4)
    assert system.sent() == list(range(10))
    assert [count for count, _ in system.matomo.sizes] == [3, 3, 3, 1]
    assert system.run() == ExportResult()
    assert system.sent() == list(range(10))


def test_only_what_is_counted_is_sent_and_what_is_late_comes_later(system: System) -> None:
    late = event(1, indexed_at=iso_ms(START + timedelta(minutes=8)))
    system.write([event(0), late, event(2), event(9)])
    assert system.run(minutes=5).sent == 2
    assert system.sent() == [0, 2]
    assert system.run(minutes=9).sent == 1
    assert system.run(minutes=10).sent == 1
    assert system.sent() == [0, 2, 1, 9]


def test_nothing_is_sent_before_anything_is_counted(system: System) -> None:
    system.write([event(0)])
    assert run_openaire(system.export(), Due(None, NOW)) == ExportResult()


@pytest.mark.parametrize("fault", [500, 503, "lost request"])
def test_a_chunk_that_fails_is_sent_again_whole(system: System, fault: int | str) -> None:
    system.write([event(n) for n in range(8)])
    system.matomo.faults = ["fine", fault]
    assert system.run().sent == 8
    assert system.sent() == list(range(8))


def test_a_run_that_gives_up_goes_on_where_it_was(system: System) -> None:
    system.write([event(n) for n in range(8)])
    system.matomo.faults = ["fine", 500, 500, 500]
    with pytest.raises(StoreUnavailable, match="OpenAIRE is not reachable"):
        system.run(minutes=100)
    assert system.sent() == [0, 1, 2]
    late = event(1, id="late", indexed_at=iso_ms(START + timedelta(minutes=200)))
    system.write([late])
    assert system.run(minutes=300).sent == 6
    assert system.sent() == [*range(8), 1]


def test_a_wrong_site_or_address_is_an_error_and_moves_nothing(system: System) -> None:
    system.write([event(0)])
    system.matomo.faults = [400]
    with pytest.raises(StoreRejected, match="STATS_OPENAIRE_SITE"):
        system.run()
    assert system.run().sent == 1


def test_what_the_server_leaves_out_is_counted_and_not_sent_again(system: System) -> None:
    system.matomo.retention = timedelta(days=2)
    system.write([event(0), event(60 * 24 * 2)])
    assert system.run() == ExportResult(sent=1, refused=1, chunks=1)
    assert system.run() == ExportResult()


def test_a_first_day_is_for_the_first_run(system: System) -> None:
    later = START.date() + timedelta(days=1)
    system.write([event(0), event(60 * 24)])
    assert system.run(first=later).sent == 1
    assert system.run(first=later).sent == 0
    with pytest.raises(InputError, match="goes on from its bookmark"):
        system.run(first=date(2020, 1, 1))


def test_a_last_day_leaves_the_rest_for_later(system: System) -> None:
    system.write([event(0), event(60 * 24)])
    assert system.run(last=START.date()).sent == 1
    assert system.run().sent == 1
    with pytest.raises(InputError, match="is sent already"):
        system.run(last=START.date())


def test_an_event_of_the_future_waits(system: System) -> None:
    system.write([event(0)])
    before = START - timedelta(minutes=1)
    assert run_openaire(system.export(), Due(NOW, before)) == ExportResult()
    assert run_openaire(system.export(), Due(NOW, NOW)).sent == 1


def test_two_at_once_do_not_send_twice(system: System) -> None:
    system.write([event(0)])
    held = system.bookmarks.claim("openaire:7", datetime.now(UTC), lease=timedelta(minutes=5))
    with pytest.raises(StoreUnavailable, match="another process"):
        system.run()
    system.bookmarks.release(held)
    assert system.run().sent == 1
    with pytest.raises(StoreUnavailable, match="taken over"):
        system.bookmarks.finish(held, (NOW, NOW))


def test_a_dry_run_counts_and_sends_nothing(system: System) -> None:
    system.write([event(n) for n in range(5)])
    until = datetime.now(UTC)
    dry = run_dry(system.export(), Due(until, until))
    assert dry == ExportResult(sent=5, chunks=2)
    assert system.matomo.received == []
    assert system.run() == dry


def test_titles_of_records_come_from_their_descriptions(system: System) -> None:
    download = {"type": "file-download", "resource": "file:f", "parents": ["record:r1"]}
    system.write([event(0, **download), event(1, **download | {"parents": ["record:r2"]})])
    system.resources.descriptions["record:r1"] = {"title": "The record"}
    until = START + timedelta(minutes=100)
    run_openaire(system.export(record_titles=True), Due(until, datetime.now(UTC)))
    titles = [tracked["action_name"] for tracked in system.matomo.tracked]
    assert titles == ["The record", "A record: Ünïcode & more"]


def test_what_is_not_due_yet_is_counted(system: System) -> None:
    system.write([event(0), event(1, excluded="robot"), event(10), event(60 * 24)])
    now = datetime.now(UTC)
    until = START + timedelta(minutes=5)

    def waiting(**more: Any) -> int:
        return run_waiting(system.export(), Due(until, now, **more))

    assert run_waiting(system.export(), Due(None, now)) == 3
    assert waiting() == 2
    assert waiting(last=START.date()) >= 2
    assert system.run(5) == ExportResult(sent=1, chunks=1)
    assert waiting() == 2
    until = START + timedelta(minutes=10_000)
    assert waiting() == 0
