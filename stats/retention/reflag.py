"""Today's lists of robots and machines, and today's word on owners, for events of earlier days.

Comes in: how events are judged now. Invariant: only events that still have
their private fields are judged; of days whose judgement changed, all numbers are
counted again, and of no others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from stats.aggregations.runner import run_claims
from stats.counting_rules import CARRY_OVER_PARTITION
from stats.events.agents import ReadAgent
from stats.events.steps import OWNER, ROBOT
from stats.retention.job import RetentionJob, alone
from stats.retention.rewrite import Source, run_rewrite
from stats.retention.search_requests import Window, build_judged, build_without_agent
from stats.times import DAY, EPOCH

_log = logging.getLogger(__name__)

FLAGS = ("is_robot", "is_machine", "excluded")

COUNTED = "counted"
"""Under which events are listed that no reason excludes."""


@dataclass(frozen=True)
class Rules:
    """How events are judged now; ``robots_list`` says by which lists."""

    read_agent: ReadAgent
    robots_list: str
    exclude_owners: bool = False


@dataclass(frozen=True)
class Reflagged:
    """How many events are judged otherwise now, and how many could not be judged.

    ``days`` were counted again; ``busy`` are those that another worker holds. Of the
    changed events, ``before`` and ``after`` say how many counted and what excluded the others.
    """

    changed: int = 0
    unjudged: int = 0
    days: tuple[date, ...] = ()
    busy: tuple[date, ...] = ()
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)


class Judge:
    """Judges events, and keeps what it found.

    ``covered`` says for a day before which time its events' people are kept
    apart already: those stay as they are.
    """

    def __init__(self, rules: Rules, *, covered: dict[date, str]) -> None:
        self.changed = 0
        self.unjudged = 0
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.days: set[date] = set()
        self._rules = rules
        self._covered = covered

    def change(self, source: Source) -> Source | None:
        """Return the event as it is judged now; None when nothing changes."""
        day = date.fromisoformat(source["timestamp"][:10])
        if source["indexed_at"] < self._covered.get(day, ""):
            self.unjudged += 1
            return None
        judged = judge(source, self._rules)
        if any(judged.get(name) != source.get(name) for name in FLAGS):
            self.changed += 1
            self.before[source.get("excluded", COUNTED)] += 1
            self.after[judged.get("excluded", COUNTED)] += 1
            self.days.add(day)
            if CARRY_OVER_PARTITION in source:  # it may push out clicks of the day before
                self.days.add(day - DAY)
        return None if judged == source else judged


def judge(source: Source, rules: Rules) -> Source:
    """Return an event as it is judged now; what is scrubbed of it keeps its judgement."""
    private = source["private"]
    judged = dict(source)
    if "user_agent" in private:
        flags = rules.read_agent(private["user_agent"])
        judged |= flags._asdict() | {"robots_list": rules.robots_list}
    if judged.get("excluded") in (None, OWNER, ROBOT):
        judged.pop("excluded", None)
        if rules.exclude_owners and private.get("user_id", "") == source.get("owner_id"):
            judged["excluded"] = OWNER
        elif judged["is_robot"]:
            judged["excluded"] = ROBOT
    return judged


def run_reflag(job: RetentionJob, window: Window, *, rules: Rules) -> Reflagged:
    """Judge the events of a window again; raise ``StoreUnavailable`` while retention runs."""
    aggregation = job.aggregation
    with alone(job):
        judging = Judge(rules, covered=aggregation.retained_rows.untils())

        def mark(_sources: list[Source]) -> None:
            aggregation.day_claims.mark_days(run_open(job, judging.days), since=EPOCH)

        for one in aggregation.aggregations:
            index = aggregation.search.raw(one.event_type.name)
            run_rewrite(
                job,
                index,
                query=build_judged(window),
                change=judging.change,
                before_write=mark,
            )
            job.step(f"{one.event_type.name}: {judging.changed} changed so far")
        mark([])
        days = run_open(job, judging.days)
        if days:
            run_claims(job.counting, job.clock, among=days)
        scrubbed = aggregation.search.count(aggregation.raw_names, build_without_agent(window))
        busy = tuple(day for day in aggregation.day_claims.marked_days() if day in days)
        _log.info("judged anew: %d changed, %d days counted again", judging.changed, len(days))
        return Reflagged(
            judging.changed,
            judging.unjudged + scrubbed,
            tuple(days),
            busy,
            dict(judging.before),
            dict(judging.after),
        )


def run_open(job: RetentionJob, days: set[date]) -> list[date]:
    """Return the days among ``days`` that may be counted again."""
    closed = job.aggregation.bookmarks.dropped_until()
    return sorted(day for day in days if closed is None or day >= closed)
