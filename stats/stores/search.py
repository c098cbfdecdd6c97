"""Elasticsearch or OpenSearch: bulk writes, searches, and pages over a point in time.

Comes in: request bodies built elsewhere. Goes out: plain dictionaries. Invariant:
an index that does not exist yet is no data, not an error; an
engine that does not answer, or is busy (429, 503), raises
:class:`StoreUnavailable`; every other refusal raises :class:`StoreRejected`,
except those of single bulk items, which come back item by item. An answer is of
all shards or there is none: a number of some of them would be wrong. Nothing is
retried here: what a retry must change (``indexed_at``) only the caller knows.

Which server it is, is found out at the first request; what differs between the two is
in :mod:`stats.stores.search_servers`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Literal, NamedTuple

import orjson

from stats.batches import batches
from stats.errors import StoreRejected, StoreUnavailable
from stats.search_address import parse_search_address
from stats.stores.index_ownership import TEMPLATE_FIELDS, check_templates
from stats.stores.mapping_check import MappingFaults, compare_mappings
from stats.stores.search_servers.clients import ask_any_node
from stats.stores.search_servers.ownership import check_ours
from stats.stores.search_servers.paging import TIE_BREAK, read_by_point_in_time, read_by_scroll
from stats.stores.search_servers.refusals import BUSY, build_error
from stats.stores.search_servers.server import Server, find_server
from stats.stores.search_source import Body
from stats.templates import DAILY, HASH, RAW, build_templates, daily_name, raw_name

ENGINE = "Elasticsearch"
"""What the engine is called before it was asked what it is."""

ONCE = ("/_bulk", "/_aliases")
"""Requests that are not sent to another node when one is down: it may have done them."""

CONFLICT = 409
NOT_FOUND = 404
MONTH = "-YYYY-MM"
TOGETHER = 8
PAGE = 10_000
"""Hits of one answer, as many as the engine gives."""
NAMES = 25
NO_PARAMS: Mapping[str, str] = {}
_IF_ANY: Mapping[str, str] = {"allow_no_indices": "true", "ignore_unavailable": "true"}
NEW_FIELDS: Mapping[str, Any] = {"properties": {"import_id": {"type": "keyword"}}}
"""What the template of raw documents has got since its first version, and is searched by."""

IF_THERE = {"ignore_unavailable": "true"}
WHOLE = {"ignore_unavailable": "true", "allow_partial_search_results": "false"}

WRITE_BLOCKS = frozenset(
    f"index.blocks.{name}" for name in ("write", "read_only", "read_only_allow_delete")
)
"""Set by hand, or by the engine when a disk is full."""

_MEND_MAPPING = (
    "Export what is in it (stats export), delete the index, run stats init, and import it again"
)

Op = Literal["create", "index", "update", "delete"]


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


class SearchStore:
    """One search cluster, and the names that this installation uses in it."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        type_names: Iterable[str],
        request_timeout: float,
        api_key: str = "",
        keywords: Iterable[str] = (),
    ) -> None:
        self.prefix = prefix
        self.request_timeout = request_timeout
        self._address = parse_search_address(url, api_key=api_key)
        self._templates = build_templates(prefix, type_names, keywords=keywords)
        self._templates_put: set[str] = set()
        self._found: Server | None = None
        self._finding = Lock()

    @property
    def server(self) -> Server:
        """Return the server, which is asked what it is the first time."""
        with self._finding:
            if self._found is None:
                found = find_server(self._address, timeout=self.request_timeout)
                check_ours(found, self.prefix, self._templates)
                self._found = found
        return self._found

    @property
    def engine(self) -> str:
        """Return the server's name, for messages; asks nobody."""
        return self._found.name if self._found else ENGINE

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
        changed = self.changed_templates()
        self._put(changed)
        self._put_mappings(changed)
        self._put_new_fields(self._templates)
        self._templates_put.update(self._templates)

    def changed_templates(self) -> set[str]:
        """Return the names of the index templates that are not there in this form.

        Raises :class:`ConfigError` when a template of another program stands in our way.
        """
        fields = {"filter_path": ",".join(TEMPLATE_FIELDS)}
        found = self._ask("GET", "/_index_template", params=fields).get("index_templates", ())
        check_templates(found, self._templates)
        there = {one["name"]: one["index_template"].get("_meta", {}).get(HASH) for one in found}
        return {n for n, body in self._templates.items() if there.get(n) != body["_meta"][HASH]}

    def _put(self, names: Iterable[str]) -> None:
        """Put templates side by side: together they are one change of the cluster's state."""
        with ThreadPoolExecutor(TOGETHER) as executor:
            list(executor.map(self._put_template, names))

    def _put_missing(self, actions: Iterable[Action]) -> None:
        """Put the templates of indices that this process writes to for the first time."""
        aliases = {action.index[: -len(MONTH)] for action in actions}
        missing = (aliases & self._templates.keys()) - self._templates_put
        if missing:
            self._put(missing & self.changed_templates())
            self._put_mappings(a for a in missing if not self._is_raw(a))
            self._put_new_fields(missing)
            self._templates_put |= missing

    def _put_mappings(self, aliases: Iterable[str]) -> None:
        """Give the indices of an older template the fields of this one."""
        for alias in sorted(self._present() & set(aliases)):
            mappings = self._templates[alias]["template"]["mappings"]
            self._ask("PUT", f"/{alias}/_mapping", mappings, missing_ok=True)

    def _present(self) -> set[str]:
        """Return those of our aliases that have an index: a new installation has none."""
        patterns = f"{raw_name(self.prefix, '*')},{daily_name(self.prefix, '*')}"
        found = self._ask("GET", f"/{patterns}/_alias", params=_IF_ANY)
        return {alias for one in found.values() for alias in one["aliases"]}

    def _put_new_fields(self, aliases: Iterable[str]) -> None:
        """Give raw documents' indices of earlier versions the fields that they are searched by.

        By alias: an index of the host's may have a name that begins alike.
        """
        for some in batches(sorted(filter(self._is_raw, aliases)), NAMES):
            path = f"/{','.join(some)}/_mapping"
            self._ask("PUT", path, NEW_FIELDS, params=_IF_ANY, missing_ok=True)

    def _is_raw(self, alias: str) -> bool:
        return alias.startswith(raw_name(self.prefix, ""))

    def bulk(self, actions: Sequence[Action]) -> list[ItemResult]:
        """Write ``actions`` in one request; return one result for each, in order."""
        if not actions:
            return []
        self._put_missing(actions)
        lines = b"\n".join([*_operations(actions), b""])
        fields = {"filter_path": "items.*.status,items.*.error.type,items.*.error.reason"}
        answer = self._ask("POST", "/_bulk", lines, params=fields, lines=True)
        return [_read_item(item) for item in answer["items"]]

    def search(self, index: str, body: Body) -> Body:
        """Run one search; an index that is not there answers no hits."""
        answer: Body = self._ask("POST", f"/{index}/_search", body, params=WHOLE)
        return answer

    def searches(self, index: str, bodies: Sequence[Body]) -> list[Body]:
        """Run several searches over one index in one request."""
        header = {
            "index": index,
            "ignore_unavailable": True,
            "allow_partial_search_results": False,
        }
        pairs = [orjson.dumps(line) for body in bodies for line in (header, body)]
        lines = b"\n".join([*pairs, b""])
        answers: list[Body] = self._ask("POST", "/_msearch", lines, lines=True)["responses"]
        for answer in answers:
            if "error" in answer:
                raise build_error(self.engine, int(answer["status"]), answer)
        return answers

    def pages(
        self,
        index: str,
        body: Body,
        *,
        size: int = PAGE,
        sort: Sequence[Any] = (TIE_BREAK,),
    ) -> Generator[list[Body], None, None]:
        """Yield all hits of ``body`` as of now, ``size`` at a time.

        The quickest order, the default, is of no use to a reader.
        """
        read = read_by_scroll if self.server.is_opensearch else read_by_point_in_time
        yield from read(self._ask, index, body, size=size, sort=sort)

    def all_hits(
        self, index: str, body: Body, *, expected: int
    ) -> Generator[list[Body], None, None]:
        """Yield all hits of ``body`` in pages; about ``expected`` of them are there.

        What fits one answer is asked for at once, without keeping a point in time.
        """
        if expected < PAGE:
            asked = body | {"size": PAGE, "sort": ["_doc"], "track_total_hits": False}
            hits = self.search(index, asked)["hits"]["hits"]
            if len(hits) < PAGE:
                if hits:
                    yield hits
                return
        yield from self.pages(index, body)

    def count(self, index: str, query: Body) -> int:
        """Return how many documents match ``query``."""
        answer = self._ask("POST", f"/{index}/_count", {"query": query}, params=IF_THERE)
        shards = answer["_shards"]
        if shards["successful"] < shards["total"]:
            raise StoreUnavailable(self.engine, "some shards did not answer")
        return int(answer["count"])

    def refresh(self, index: str) -> None:
        """Make everything written to ``index`` so far visible to searches."""
        self._ask("POST", f"/{index}/_refresh", params=IF_THERE)

    def indices(self, pattern: str) -> list[str]:
        """Return the names of the indices that ``pattern`` matches, sorted."""
        return sorted(self._ask("GET", f"/{pattern}/_alias"))

    def delete_index(self, name: str) -> None:
        """Drop one index with all its documents; a second time is no error."""
        self._ask("DELETE", f"/{name}", params=IF_THERE)

    def create_aside(self, name: str, family: str) -> None:
        """Create an empty index with the mapping of a daily family and not under its alias."""
        template = self._templates[self.daily(family)]["template"]
        body = {"settings": template["settings"], "mappings": template["mappings"]}
        self._ask("PUT", f"/{name}", body)

    def swap(self, alias: str, *, new: str, old: Iterable[str]) -> None:
        """Put ``new`` under ``alias`` and drop the ``old`` indices, all in one step."""
        actions: list[Body] = [{"add": {"index": new, "alias": alias}}]
        actions += [{"remove_index": {"index": name}} for name in old]
        self._ask("POST", "/_aliases", {"actions": actions})

    def members(self, alias: str) -> list[str]:
        """Return the names of the indices under ``alias``, sorted."""
        return sorted(self._ask("GET", f"/_alias/{alias}", missing_ok=True) or ())

    def ping(self) -> None:
        """Raise :class:`StoreUnavailable` unless the cluster answers and can write."""
        if self._ask("GET", "/_cluster/health")["status"] == "red":
            raise StoreUnavailable(self.engine, "the cluster's health is red")

    def mapping_faults(self) -> list[MappingFaults]:
        """Return our indices whose mapping is not that of this version."""
        path = f"/{self.prefix}{RAW}-*,{self.prefix}{DAILY}-*/_mapping"
        found = self._ask("GET", path, params=IF_THERE, missing_ok=True) or {}
        faults = []
        for index, one in sorted(found.items()):
            template = self._templates.get(index[: -len(MONTH)])
            if template is not None:
                expected = template["template"]["mappings"]["properties"]
                there = one["mappings"].get("properties", {})
                faults.append(compare_mappings(index, expected, there))
        return [fault for fault in faults if fault.missing or fault.wrong]

    def add_mapping(self, fault: MappingFaults) -> None:
        """Give an index the fields that it lacks."""
        self._ask("PUT", f"/{fault.index}/_mapping", {"properties": fault.missing})

    def ensure_mappings(self) -> None:
        """Add the fields that indices lack; raise when one has a field of another type.

        Nothing is written or counted before: what is searched by such a field is wrong.
        """
        faults = self.mapping_faults()
        for fault in faults:
            if fault.missing:
                self.add_mapping(fault)
        if wrong := [str(fault) for fault in faults if fault.wrong]:
            raise StoreRejected(self.engine, f"{'; '.join(wrong[:5])}. {_MEND_MAPPING}")

    def read_only_indices(self) -> list[str]:
        """Return the names of our indices that take no writes, with the block: ``name (block)``."""
        pattern = f"{self.prefix}{RAW}-*,{self.prefix}{DAILY}-*"
        path = f"/{pattern}/_settings/index.blocks.*"
        params = {"flat_settings": "true", "expand_wildcards": "all", **IF_THERE}
        found = self._ask("GET", path, params=params, missing_ok=True) or {}
        return sorted(
            f"{name} ({block.removeprefix('index.blocks.')})"
            for name, one in found.items()
            for block, value in one["settings"].items()
            if value == "true" and block in WRITE_BLOCKS
        )

    def close(self) -> None:
        """Close the connections."""
        if self._found:
            self._found.client.close()

    def _put_template(self, name: str) -> None:
        self._ask("PUT", f"/_index_template/{name}", self._templates[name])

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] = NO_PARAMS,
        lines: bool = False,
        missing_ok: bool = False,
    ) -> Any:
        """Send one request and return the decoded answer; None where 404 is ``missing_ok``."""
        client = self.server.client
        ask = client.ask if path in ONCE or method == "PUT" else partial(ask_any_node, client)
        answer = ask(method, path, params=params, body=body, lines=lines)
        if answer.status < 300:
            return answer.body
        if answer.status == NOT_FOUND and missing_ok:
            return None
        raise build_error(self.engine, answer.status, answer.body)


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
