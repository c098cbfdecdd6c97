"""Indices as invenio-stats makes them: its own mappings, its own forms of documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import distribution
from typing import Any
from urllib.parse import quote

from stats.engines.namespace import Namespace
from tests.search_server import call

Source = dict[str, Any]

TEMPLATES = {
    "events-stats-file-download": "file_download/v7/file-download-v1.json",
    "events-stats-record-view": "record_view/v7/record-view-v1.json",
    "stats-file-download": "aggregations/aggr_file_download/v7/aggr-file-download-v1.json",
    "stats-record-view": "aggregations/aggr_record_view/v7/aggr-record-view-v1.json",
}
RDM = ("record_id", "recid", "parent_id", "parent_recid")
"""Keywords that InvenioRDM's mappings add; they are strict, too, and know via_api."""


class Invenio:
    """The indices of an installation of invenio-stats, or of InvenioRDM, before ours."""

    def __init__(self, namespace: Namespace, *, rdm: bool = False) -> None:
        self.prefix = f"{namespace.prefix}old-"
        self._url = namespace.elasticsearch
        self._rdm = rdm
        self._made: set[str] = set()

    def events(self, type_name: str, sources: Sequence[Source]) -> None:
        """Write raw events; ``_id`` is made as its indexer does, of time and visitor."""
        for source in sources:
            one = f"{source['timestamp']}-{source['unique_id']}-{source['visitor_id']}"
            self._write(f"events-stats-{type_name}", one, source)

    def numbers(self, type_name: str, sources: Sequence[Source]) -> None:
        """Write daily documents as its aggregator does."""
        for source in sources:
            one = f"{source['unique_id']}-{source['timestamp'][:10]}"
            self._write(f"stats-{type_name}", one, source)

    def drop(self, alias: str, month: str) -> None:
        """Delete one month's index."""
        call(self._url, "DELETE", f"{self.prefix}{alias}-{month}")
        self._made.discard(f"{self.prefix}{alias}-{month}")

    def write(self, index: str, one: str, source: Source) -> None:
        """Write one document as it is."""
        call(self._url, "PUT", f"{index}/_doc/{quote(one, safe='')}", source)

    def _write(self, alias: str, one: str, source: Source) -> None:
        index = f"{self.prefix}{alias}-{source['timestamp'][:7]}"
        if index not in self._made:
            call(self._url, "PUT", index, self._template(alias))
            self._made.add(index)
        self.write(index, one, source)

    def _template(self, alias: str) -> dict[str, Any]:
        files = distribution("invenio-stats")
        path = files.locate_file(f"invenio_stats/contrib/{TEMPLATES[alias]}")
        template = json.loads(open(str(path), encoding="utf-8").read())  # noqa: PTH123, SIM115
        mappings = template["mappings"]
        if self._rdm:
            mappings["dynamic"] = "strict"
            mappings["properties"] |= {name: {"type": "keyword"} for name in RDM}
            mappings["properties"] |= {"referrer": {"type": "keyword"}}
            mappings["properties"] |= {n: {"type": "boolean"} for n in ("via_api", "is_machine")}
            if alias.startswith("events"):
                mappings["properties"]["timestamp"]["format"] = "strict_date_optional_time"
        return {"mappings": mappings, "settings": {"number_of_replicas": 0}}


def download(timestamp: str, visitor: str, key: str = "a.csv", **fields: Any) -> Source:
    """Return a raw download as invenio-stats stores it."""
    return {
        "timestamp": timestamp,
        "bucket_id": "b1",
        "file_id": f"id-{key}",
        "file_key": key,
        "size": 10.0,
        "referrer": "https://www.example.org/x",
        "country": "CH",
        "visitor_id": visitor,
        "unique_session_id": f"{visitor}{timestamp[:13]}",
        "unique_id": f"b1_id-{key}",
        "is_robot": False,
        "updated_timestamp": f"{timestamp[:19]}.123456",
        **fields,
    }


def downloads(day: str, count: int, key: str = "a.csv", **fields: Any) -> Source:
    """Return a daily document of downloads as invenio-stats stores it."""
    return {
        "timestamp": f"{day}T00:00:00",
        "unique_id": f"b1_id-{key}",
        "count": count,
        "unique_count": count - 1,
        "volume": 10.0 * count,
        "file_id": f"id-{key}",
        "file_key": key,
        "bucket_id": "b1",
        "updated_timestamp": f"{day}T23:00:00.000001+00:00",
        **fields,
    }
