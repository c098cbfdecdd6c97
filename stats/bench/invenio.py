"""invenio-stats as it is: its indexer, its aggregator and its mappings, under names of a place.

Comes in: parts of the stream. Goes out: what it took, and its daily numbers. Invariant:
nothing of its code is replaced. It is given what its application would: a client, a cache for its
salts, an index prefix, and a queue, which is a file here.

Its packages are no requirement of ours: only what compares imports this module. Each function is
called in a process of its part.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from flask import Flask
from invenio_cache import InvenioCache
from invenio_search import InvenioSearch, current_search_client
from invenio_search.engine import dsl
from invenio_stats import InvenioStats
from invenio_stats.contrib.config import AGGREGATIONS_CONFIG, EVENTS_CONFIG
from invenio_stats.processors import flag_machines
from invenio_stats.tasks import aggregate_events

from stats.bench.exactness import Numbers
from stats.bench.measured import Measured
from stats.engines.namespace import Namespace
from stats.errors import StoreRejected
from stats.times import DAY

ENGINE = "invenio-stats"
DOUBLE_CLICK_SECONDS = 30
"""As its documentation shows, and as COUNTER wants it; if nothing is said it is 10."""
MAPPINGS = "os-v2"
"""Those of the client's version."""
PREFIX_IN_MAPPINGS = "__SEARCH_INDEX_PREFIX__"

REF_OF = {"record-view": ("record", "pid_value"), "file-download": ("file", "file_id")}
"""Kind of the resource, and the field of a daily document that has its id."""


class FileQueue:
    """Messages of one event type, a line each, in the place of an AMQP queue."""

    def __init__(self, type_name: str, path: Path) -> None:
        self.routing_key = f"stats-{type_name}"
        self._path = path

    def consume(self) -> Iterator[Any]:
        """Yield the messages, decoded."""
        with self._path.open("rb") as file:
            yield from map(orjson.loads, file)


def describe() -> str:
    """Return which versions are compared with."""
    names = ("invenio-stats", "invenio-search", "opensearch-py")
    return ", ".join(f"{name} {version(name)}" for name in names)


def prepare(place: Namespace) -> None:
    """Put its mappings, as composable index templates, which are cleaned up with the place."""
    with _app(place).app_context():
        for config in (*EVENTS_CONFIG.values(), *AGGREGATIONS_CONFIG.values()):
            for file in (files(config["templates"]) / MAPPINGS).iterdir():
                if file.name.endswith(".json"):
                    text = file.read_text("utf-8").replace(PREFIX_IN_MAPPINGS, _prefix(place))
                    _put_template(_prefix(place) + file.name.removesuffix(".json"), text)


def process(place: Namespace, part: Path) -> Measured:
    """Let its indexer take the events of a part."""
    measured = Measured(0, 0)
    with _app(place).app_context():
        for name, config in EVENTS_CONFIG.items():
            path = part.with_suffix(f".{name}")
            number = _write_messages(part, name, path)
            first, *others = config["params"]["preprocessors"]
            indexer = config["cls"](
                FileQueue(name, path),
                preprocessors=[first, flag_machines, *others],
                double_click_window=DOUBLE_CLICK_SECONDS,
            )
            began = perf_counter()
            taken, _ = indexer.run()
            ended = perf_counter()
            if taken != number:
                raise StoreRejected(ENGINE, f"{taken} of {number} events of {name} were taken")
            measured = Measured(measured.number + number, measured.seconds + ended - began)
    return measured


def aggregate(place: Namespace, last: date, first: date | None = None) -> Measured:
    """Run its task from the bookmarks, or from a first day, to the end of a last one."""
    start, end = (first.isoformat() if first else None), (last + DAY).isoformat()
    with _app(place).app_context():
        _refresh(place)
        began = perf_counter()
        results = aggregate_events(tuple(AGGREGATIONS_CONFIG), start, end)
        seconds = perf_counter() - began
    return Measured(sum(written for days in results for written, _ in days), seconds)


def read_numbers(place: Namespace) -> Numbers:
    """Return its daily numbers."""
    numbers: Numbers = {}
    with _app(place).app_context():
        _refresh(place)
        for name, (kind, field) in REF_OF.items():
            index = f"{_prefix(place)}stats-{name}"
            for hit in dsl.Search(using=current_search_client, index=index).scan():
                key = (name, hit.timestamp[:10], f"{kind}:{hit[field]}")
                numbers[key] = (hit["count"], hit.unique_count)
    return numbers


def build_message(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event of the stream as its event builders would have made it."""
    name = event["resource"].partition(":")[2]
    message = {
        "timestamp": event["timestamp"].removesuffix("Z"),
        "referrer": event.get("referrer"),
        "ip_address": event["ip_address"],
        "user_agent": event["user_agent"],
        "user_id": event.get("user_id"),
        "session_id": None,
    }
    if event["type"] == "record-view":
        return message | {"record_id": name, "pid_type": "recid", "pid_value": name}
    bucket = event["parents"][0].partition(":")[2]
    return message | {
        "bucket_id": bucket,
        "file_id": name,
        "file_key": name,
        "size": event["size"],
    }


def _write_messages(part: Path, name: str, path: Path) -> int:
    """Write the messages of one event type, and return how many there are."""
    number = 0
    with part.open("rb") as events, path.open("wb") as messages:
        for event in map(orjson.loads, events):
            if event["type"] == name:
                messages.write(orjson.dumps(build_message(event)) + b"\n")
                number += 1
    return number


def _app(place: Namespace) -> Flask:
    return _app_of(_prefix(place), place.elasticsearch)


@cache
def _app_of(prefix: str, address: str) -> Flask:
    """Return an application with its extensions; one a process, so that its salts last."""
    app = Flask(__name__)
    app.config.update(
        CACHE_TYPE="SimpleCache",
        SEARCH_HOSTS=[address],
        SEARCH_INDEX_PREFIX=prefix,
        STATS_AGGREGATIONS=AGGREGATIONS_CONFIG,
    )
    for extension in (InvenioCache, InvenioSearch, InvenioStats):
        extension(app)
    return app


def _prefix(place: Namespace) -> str:
    """Return the beginning of its names; they end with the place."""
    return f"{place.prefix}invenio-"


def _put_template(name: str, text: str) -> None:
    mapping = orjson.loads(text)
    template = {part: mapping[part] for part in ("settings", "mappings", "aliases")}
    current_search_client.indices.put_index_template(
        name=name, body={"index_patterns": mapping["index_patterns"], "template": template}
    )


def _refresh(place: Namespace) -> None:
    """Let searches see what was written, since its aggregator does not wait for that."""
    current_search_client.indices.refresh(index=f"{_prefix(place)}*")
