"""Which resources have the largest sums: exact, although the sums are spread over months.

Comes in: families of daily documents, the field to sum, filters. Goes out: refs
that surely hold the ``size`` largest sums, or every ref.

A ranking by ``terms`` over several indices is approximate: each index sends its
own largest only. But each index's own list is exact, since an index has one
shard, and sorted. So what a resource may have beyond the lists is bounded by
their last values: as long as the ``size``-th largest sum that is proven is above
what an unlisted resource can reach at most, nothing is missing (Fagin's
threshold algorithm). Otherwise longer lists are asked for, and in the end all
resources are read in pages.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stats.batches import batches
from stats.queries.filters import build_search, daily_indices
from stats.queries.types import Params
from stats.queries.windows import Window
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import SearchSource

MAX_INDICES = 10_000
MAX_RESPONSE_BUCKETS = 60_000
"""Elasticsearch refuses above 65,536 by default (``search.max_buckets``)."""

MAX_CANDIDATES = 10_000
PAGE = 10_000
_EMPTY: Mapping[str, Any] = {"buckets": []}


@dataclass(frozen=True)
class Ranked:
    """What is ranked: the sums of ``field`` in ``families``, by resource.

    ``among`` are the refs that are ranked, in place of what was ``within``; None: all.
    """

    families: tuple[str, ...]
    field: str
    params: Params
    size: int
    among: tuple[str, ...] | None = None

    @property
    def window(self) -> Window:
        """Return the window of the parameters."""
        return Window(self.params["from"], self.params["to"])

    def indices(self, search: SearchSource) -> str:
        """Return where the documents are that are ranked."""
        within = self.params.get("within") if self.among is None else None
        return daily_indices(search, self.families, within=within)

    def build_search(self) -> Search:
        """Return a search over these documents, asking for no hits."""
        if self.among is None:
            return build_search(self.params, self.window, families=self.families)
        everywhere = {**self.params, "within": None}
        search = build_search(everywhere, self.window, families=self.families)
        return search.filter(Q("terms", resource=list(self.among)))


@dataclass(frozen=True)
class Listed:
    """The largest sums of one index; ``floor`` is the most that an unlisted one can have."""

    sums: Mapping[str, int]
    floor: int


def run_candidates(ranked: Ranked, search: SearchSource) -> list[str]:
    """Return at most :data:`MAX_CANDIDATES` refs, among them the ``size`` largest."""
    indices = ranked.indices(search)
    count = read_index_count(search.search(indices, build_index_count(ranked)))
    if not count:
        return []
    longest = MAX_RESPONSE_BUCKETS // count
    for length in sorted({min(max(500, 20 * ranked.size), longest), longest}):
        response = search.search(indices, build_lists(ranked, length))
        candidates = pick_candidates(read_lists(response, length), ranked.size)
        if candidates is not None and len(candidates) <= MAX_CANDIDATES:
            return candidates
    return _largest(run_all_sums(ranked, search), ranked.size)


def build_index_count(ranked: Ranked) -> dict[str, Any]:
    """Return the request for how many indices have documents in the window."""
    search = ranked.build_search()
    search.aggs["indices"] = A("terms", field="_index", size=MAX_INDICES)
    return search.to_dict()


def read_index_count(response: Mapping[str, Any]) -> int:
    """Return the number of indices with documents."""
    return len(response.get("aggregations", {}).get("indices", _EMPTY)["buckets"])


def build_lists(ranked: Ranked, length: int) -> dict[str, Any]:
    """Return the request for each index's own ``length`` largest resources."""
    search = ranked.build_search()
    largest = A(
        "terms",
        field="resource",
        size=length,
        shard_size=length,
        order=[{"value": "desc"}, {"_key": "asc"}],
        aggs={"value": A("sum", field=ranked.field)},
    )
    indices = A("terms", field="_index", size=MAX_INDICES, aggs={"largest": largest})
    search.aggs["indices"] = indices
    return search.to_dict()


def read_lists(response: Mapping[str, Any], length: int) -> list[Listed]:
    """Return one list for each index; a list shorter than asked for is the whole index."""
    lists = []
    for index in response.get("aggregations", {}).get("indices", _EMPTY)["buckets"]:
        buckets = index["largest"]["buckets"]
        sums = {bucket["key"]: round(bucket["value"]["value"]) for bucket in buckets}
        whole = len(buckets) < length
        lists.append(Listed(sums, 0 if whole else min(sums.values())))
    return lists


def pick_candidates(lists: Sequence[Listed], size: int) -> list[str] | None:
    """Return the refs that can be among the ``size`` largest; None if others could be too."""
    proven: dict[str, int] = defaultdict(int)
    unlisted: dict[str, int] = defaultdict(lambda: sum(part.floor for part in lists))
    for part in lists:
        for ref, value in part.sums.items():
            proven[ref] += value
            unlisted[ref] -= part.floor
    largest = heapq.nlargest(size, proven.values())
    threshold = largest[-1] if len(largest) == size else 0
    beyond = sum(part.floor for part in lists)
    if beyond and beyond >= threshold:
        return None
    return [ref for ref, value in proven.items() if 0 < value + unlisted[ref] >= threshold]


def run_sums(ranked: Ranked, refs: Sequence[str], search: SearchSource) -> dict[str, int]:
    """Return the sums of those of ``refs`` that have documents."""
    rows = run_rows(ranked, refs, {"value": A("sum", field=ranked.field)}, search)
    return {row["key"]: round(row["value"]["value"]) for row in rows}


def run_rows(
    ranked: Ranked, refs: Sequence[str], aggs: Mapping[str, Any], search: SearchSource
) -> Iterator[Mapping[str, Any]]:
    """Yield a bucket with ``aggs`` for each of ``refs`` that has documents, in no order."""
    indices = ranked.indices(search)
    for some in batches(refs, MAX_CANDIDATES):
        response = search.search(indices, build_rows(ranked, some, aggs))
        yield from response.get("aggregations", {}).get("rows", _EMPTY)["buckets"]


def build_rows(ranked: Ranked, refs: Sequence[str], aggs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request for all numbers of ``refs``; each index returns all it has of them."""
    search = ranked.build_search().filter(Q("terms", resource=list(refs)))
    size = len(refs)
    search.aggs["rows"] = A("terms", field="resource", size=size, shard_size=size, aggs=aggs)
    return search.to_dict()


def run_all_sums(ranked: Ranked, search: SearchSource) -> Iterator[tuple[str, int]]:
    """Yield every resource and its sum, read in pages."""
    indices = ranked.indices(search)
    after: Mapping[str, Any] | None = None
    while True:
        response = search.search(indices, build_page(ranked, after))
        page = response.get("aggregations", {}).get("resources", _EMPTY)
        for bucket in page["buckets"]:
            yield bucket["key"]["resource"], round(bucket["value"]["value"])
        after = page.get("after_key")
        if after is None:
            return


def build_page(ranked: Ranked, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the request for one page of all resources, after the last one seen."""
    search = ranked.build_search()
    by_resource = {"resource": {"terms": {"field": "resource"}}}
    position: dict[str, Any] = {"after": dict(after)} if after else {}
    value = {"value": A("sum", field=ranked.field)}
    search.aggs["resources"] = A(
        "composite", sources=[by_resource], size=PAGE, aggs=value, **position
    )
    return search.to_dict()


def _largest(sums: Iterator[tuple[str, int]], size: int) -> list[str]:
    """Return the refs of the ``size`` largest sums above zero; of equal ones the first refs."""
    positive = ((-value, ref) for ref, value in sums if value > 0)
    return [ref for _, ref in heapq.nsmallest(size, positive)]
