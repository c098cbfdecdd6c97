"""Referrers of raw documents, cut to what is kept of them today.

Earlier versions kept the query, the fragment and the user of a referrer, which may say what a
reader searched for, or who they are. Only those documents are found and written; a second run
finds none.
"""

from __future__ import annotations

from typing import Any

from stats.events.erasure import cut_referrer
from stats.retention.job import RetentionJob, alone
from stats.retention.rewrite import Source, run_rewrite
from stats.stores.dsl import Q

FORBIDDEN = ("?", "#", "@")


def build_full_referrers() -> dict[str, Any]:
    """Select the documents whose referrer has more than is kept, or is too long to be searched."""
    marks = [Q("wildcard", referrer=f"*\\{mark}*") for mark in FORBIDDEN]
    unsearched = Q("exists", field="referrer_domain") & ~Q("exists", field="referrer")
    body: dict[str, Any] = Q("bool", should=[*marks, unsearched], minimum_should_match=1).to_dict()
    return body


def run_cut_referrers(job: RetentionJob, *, dry_run: bool) -> int:
    """Cut the referrers of all raw documents; return how many were, or with ``dry_run`` may be."""
    search, query = job.aggregation.search, build_full_referrers()
    if dry_run:
        return search.count(job.aggregation.raw_names, query)
    with alone(job):
        return sum(
            run_rewrite(job, search.raw(aggregation.event_type.name), query=query, change=_cut)
            for aggregation in job.aggregation.aggregations
        )


def _cut(source: Source) -> Source | None:
    """Return a document with its referrer cut; None where it is already."""
    changed = dict(source)
    cut_referrer(changed)
    return changed if changed != source else None
