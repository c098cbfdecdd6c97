"""Elasticsearch: bulk writes, searches, and pages over a point in time.

Comes in: request bodies built elsewhere. Goes out: plain dictionaries. What
always holds: an index that does not exist yet is no data, not an error; an
engine that does not answer, or is busy (429, 503), raises
:class:`StoreUnavailable`; every other refusal raises :class:`StoreRejected`,
except those of single bulk items, which come back item by item. An answer is of
all shards or there is none: a number of some of them would be wrong. Nothing is
retried here: what a retry must change (``indexed_at``) only the caller knows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson
from elastic_transport import ConnectionError as TransportConnectionError
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError, OrjsonSerializer

from stats.errors import StoreRejected, StoreUnavailable
from stats.templates import HASH, build_templates, daily_name, raw_name

ENGINE = "Elasticsearch"
BUSY = frozenset({429, 502, 503, 504})
CONFLICT = 409
NOT_FOUND = 404
MONTH = "-YYYY-MM"
TOGETHER = 8
_KEEP_ALIVE = "5m"

Op = Literal["create", "index", "update", "delete"]
Body = dict[str, Any]


@dataclass(slots=True)
class Action:
    """One line of a bulk request; ``version`` makes it an externally versioned write.

    ``unchanged_since`` (sequence number and primary term of a hit) refuses it when
    another write came between.
    """

    op: Op
    index: str
    id: str
    source: Body | bytes | None = None
    version: int | None = None
    unchanged_since: tuple[int, int] | None = None


class ItemResult(NamedTuple):
    """What became of one :class:`Action`: the HTTP status and, if refused, why."""

    status: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Return whether the write was taken."""
        return self.status < 300

    @property
    def busy(self) -> bool:
        """Return whether the same write may be taken later."""
        return self.status in BUSY or "cluster_block" in self.reason


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the client's exceptions into the two kinds that callers tell apart."""
    try:
        yield
    except ApiError as error:
        if error.status_code in BUSY:
            raise StoreUnavailable(ENGINE, f"busy ({error.status_code})") from error
        raise StoreRejected(ENGINE, str(error)) from error
    except (TransportConnectionError, TransportError) as error:
        raise StoreUnavailable(ENGINE, str(error)) from error


class SearchStore:
    """One Elasticsearch cluster, and the names that this installation uses in it."""

    def __init__(
        self, url: str, *, prefix: str, type_names: Iterable[str], request_timeout: float
    ) -> None:
        self.prefix = prefix
        self.request_timeout = request_timeout
        self._templates = build_templates(prefix, type_names)
        self._templates_put: set[str] = set()
        self._client = Elasticsearch(
            url,
            request_timeout=request_timeout,
            max_retries=0,
            retry_on_timeout=False,
            serializer=OrjsonSerializer(),
        )

    def raw(self, type_name: str, month: str | None = None) -> str:
        """Return the alias of a type's raw documents, or one month's index."""
        name = raw_name(self.prefix, type_name)
        return f"{name}-{month}" if month else name

    def daily(self, family: str, month: str | None = None) -> str:
        """Return the alias of a family's daily documents, or one month's index."""
        name = daily_name(self.prefix, family)
        return f"{name}-{month}" if month else name

    def put_templates(self) -> None:
        """Put the index templates that are not there in this form."""
        with _translated():
            known = self._client.options(ignore_status=404).indices.get_index_template(
                name=f"{self.prefix}*"
            )
        there = {
            one["name"]: one["index_template"].get("_meta", {}).get(HASH)
            for one in known.body.get("index_templates", ())
        }
        self._put({n for n, body in self._templates.items() if there.get(n) != body["_meta"][HASH]})
        self._templates_put.update(self._templates)

    def _put(self, names: Iterable[str]) -> None:
        """Put templates side by side: together they are one change of the cluster's state."""
        with _translated(), ThreadPoolExecutor(TOGETHER) as executor:
            list(executor.map(lambda name: self._put_template(name, self._templates[name]), names))

    def _put_missing(self, actions: Iterable[Action]) -> None:
        """Put the templates of indices that this process writes to for the first time."""
        aliases = {action.index[: -len(MONTH)] for action in actions}
        missing = (aliases & self._templates.keys()) - self._templates_put
        if missing:
            self._put(missing)
            self._templates_put |= missing

    def bulk(self, actions: Sequence[Action]) -> list[ItemResult]:
        """Write ``actions`` in one request; return one result for each, in order."""
        if not actions:
            return []
        self._put_missing(actions)
        with _translated():
            answer = self._client.bulk(
                operations=list(_operations(actions)),
                filter_path="items.*.status,items.*.error.type,items.*.error.reason",
            )
        return [_read_item(item) for item in answer["items"]]

    def search(self, index: str, body: Body) -> Body:
        """Run one search; an index that is not there answers no hits."""
        with _translated():
            answer = self._client.search(
                index=index, ignore_unavailable=True, allow_partial_search_results=False, **body
            )
        return dict(answer.body)

    def searches(self, index: str, bodies: Sequence[Body]) -> list[Body]:
        """Run several searches over one index in one request."""
        header = {
            "index": index,
            "ignore_unavailable": True,
            "allow_partial_search_results": False,
        }
        lines: list[Body] = [line for body in bodies for line in (header, body)]
        with _translated():
            answers = self._client.msearch(searches=lines)["responses"]
        for answer in answers:
            if "error" in answer:
                raise StoreRejected(ENGINE, str(answer["error"]))
        return [dict(answer) for answer in answers]

    def pages(
        self, index: str, body: Body, *, size: int = 10_000, sort: Sequence[Any] = ("_shard_doc",)
    ) -> Generator[list[Body], None, None]:
        """Yield all hits of ``body`` as of now, ``size`` at a time.

        The quickest order, the default, is of no use to a reader.
        """
        pit = self._open_point_in_time(index)
        if pit is None:
            return
        after: list[Any] | None = None
        try:
            while True:
                hits, pit = self._page(pit, body | {"sort": list(sort)}, size=size, after=after)
                if hits:
                    yield hits
                if len(hits) < size:
                    return
                after = hits[-1]["sort"]
        finally:
            self._close_point_in_time(pit)

    def count(self, index: str, query: Body) -> int:
        """Return how many documents match ``query``."""
        with _translated():
            answer = self._client.count(index=index, query=query, ignore_unavailable=True)
        shards = answer["_shards"]
        if shards["successful"] < shards["total"]:
            raise StoreUnavailable(ENGINE, "some shards did not answer")
        return int(answer["count"])

    def refresh(self, index: str) -> None:
        """Make everything written to ``index`` so far visible to searches."""
        with _translated():
            self._client.indices.refresh(index=index, ignore_unavailable=True)

    def indices(self, pattern: str) -> list[str]:
        """Return the names of the indices that ``pattern`` matches, sorted."""
        with _translated():
            return sorted(self._client.indices.get(index=pattern, features="aliases").body)

    def delete_index(self, name: str) -> None:
        """Drop one index with all its documents; a second time is no error."""
        with _translated():
            self._client.indices.delete(index=name, ignore_unavailable=True)

    def create_aside(self, name: str, family: str) -> None:
        """Create an empty index with the mapping of a daily family and not under its alias."""
        template = self._templates[self.daily(family)]["template"]
        with _translated():
            self._client.indices.create(
                index=name, settings=template["settings"], mappings=template["mappings"]
            )

    def swap(self, alias: str, *, new: str, old: Iterable[str]) -> None:
        """Put ``new`` under ``alias`` and drop the ``old`` indices, all in one step."""
        actions: list[Body] = [{"add": {"index": new, "alias": alias}}]
        actions += [{"remove_index": {"index": name}} for name in old]
        with _translated():
            self._client.indices.update_aliases(actions=actions)

    def members(self, alias: str) -> list[str]:
        """Return the names of the indices under ``alias``, sorted."""
        try:
            with _translated():
                return sorted(self._client.indices.get_alias(name=alias).body)
        except StoreRejected as error:
            if isinstance(error.__cause__, NotFoundError):
                return []
            raise

    def ping(self) -> None:
        """Raise :class:`StoreUnavailable` unless the cluster answers and can write."""
        with _translated():
            health = self._client.cluster.health()
        if health["status"] == "red":
            raise StoreUnavailable(ENGINE, "the cluster's health is red")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _put_template(self, name: str, body: Body) -> None:
        self._client.indices.put_index_template(name=name, **body)

    def _open_point_in_time(self, index: str) -> str | None:
        try:
            with _translated():
                answer = self._client.open_point_in_time(
                    index=index, keep_alive=_KEEP_ALIVE, ignore_unavailable=True
                )
        except StoreRejected as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise
        return str(answer["id"])

    def _page(
        self, pit: str, body: Body, *, size: int, after: list[Any] | None
    ) -> tuple[list[Body], str]:
        extra: Body = {"search_after": after} if after else {}
        with _translated():
            answer = self._client.search(
                pit={"id": pit, "keep_alive": _KEEP_ALIVE},
                size=size,
                track_total_hits=False,
                allow_partial_search_results=False,
                **body,
                **extra,
            )
        return answer["hits"]["hits"], str(answer["pit_id"])

    def _close_point_in_time(self, pit: str) -> None:
        try:
            self._client.close_point_in_time(id=pit)
        except (ApiError, TransportError):  # it expires by itself
            return


def _operations(actions: Iterable[Action]) -> Iterator[Any]:
    """Yield the two lines of every action (one for a delete), serialised."""
    for action in actions:
        target: Body = {"_index": action.index, "_id": action.id}
        if action.version is not None:
            target |= {"version": action.version, "version_type": "external"}
        if action.unchanged_since is not None:
            number, term = action.unchanged_since
            target |= {"if_seq_no": number, "if_primary_term": term}
        yield orjson.dumps({action.op: target})
        if action.op == "update":
            yield orjson.dumps({"doc": action.source})
        elif action.op != "delete":
            source = action.source
            yield source if isinstance(source, bytes) else orjson.dumps(source)


def _read_item(item: Body) -> ItemResult:
    result = next(iter(item.values()))
    error = result.get("error")
    reason = f"{error['type']}: {error.get('reason', '')}" if error else ""
    return ItemResult(int(result["status"]), reason)
