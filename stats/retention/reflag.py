"""Today's lists of robots and machines, applied to events of earlier days.

Comes in: how user agents are judged now. What always holds: only events that
still have their user agent are judged; of days whose judgement changed, all
numbers are counted again, and of no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stats.aggregations.runner import run_claims
from stats.counting_rules import CARRY_OVER_PARTITION
from stats.events.agents import AgentFlags, ReadAgent
from stats.events.steps import ROBOT
from stats.retention.job import RetentionJob, alone
from stats.retention.rewrite import Source, run_rewrite
from stats.retention.search_requests import Window, build_with_agent, build_without_agent
from stats.times import DAY, EPOCH

FLAGS = ("is_robot", "is_machine", "excluded")


@dataclass(frozen=True)
class Reflagged:
    """How many events are judged otherwise now, and how many could not be judged.

    ``days`` were counted again; ``busy`` are those that another worker holds.
    """

    changed: int = 0
    unjudged: int = 0
    days: tuple[date, ...] = ()
    busy: tuple[date, ...] = ()


class Judge:
    """Judges events, and keeps what it found.

    ``covered`` says for a day before which time its events' people are kept
    apart already: those stay as they are.
    """

    def __init__(
        self, read_agent: ReadAgent, robots_list: str, *, covered: dict[date, str]
    ) -> None:
        self.changed = 0
        self.unjudged = 0
        self.days: set[date] = set()
        self._read_agent = read_agent
        self._robots_list = robots_list
        self._covered = covered

    def change(self, source: Source) -> Source | None:
        """Return the event as it is judged now; None when nothing changes."""
        day = date.fromisoformat(source["timestamp"][:10])
        if source["indexed_at"] < self._covered.get(day, ""):
            self.unjudged += 1
            return None
        flags = self._read_agent(source["private"]["user_agent"])
        judged = flag(source, flags, self._robots_list)
        if any(judged.get(name) != source.get(name) for name in FLAGS):
            self.changed += 1
            self.days.add(day)
            if CARRY_OVER_PARTITION in source:  # it may push out clicks of the day before
                self.days.add(day - DAY)
        return None if judged == source else judged


def flag(source: Source, flags: AgentFlags, robots_list: str) -> Source:
    """Return an event with new flags; other reasons not to count it stay."""
    judged = source | flags._asdict() | {"robots_list": robots_list}
    if flags.is_robot:
        judged.setdefault("excluded", ROBOT)
    elif judged.get("excluded") == ROBOT:
        del judged["excluded"]
    return judged


def run_reflag(
    job: RetentionJob, window: Window, *, read_agent: ReadAgent, robots_list: str
) -> Reflagged:
    """Judge the events of a window again; raise ``StoreUnavailable`` while retention runs."""
    aggregation = job.aggregation
    with alone(job):
        judge = Judge(read_agent, robots_list, covered=aggregation.retained_rows.untils())

        def mark(_sources: list[Source]) -> None:
            aggregation.day_claims.mark_days(run_open(job, judge.days), since=EPOCH)

        for one in aggregation.aggregations:
            index = aggregation.search.raw(one.event_type.name)
            run_rewrite(
                job,
                index,
                query=build_with_agent(window),
                change=judge.change,
                before_write=mark,
            )
            job.step(f"{one.event_type.name}: {judge.changed} changed so far")
        mark([])
        days = run_open(job, judge.days)
        if days:
            run_claims(job.counting, job.clock, among=days)
        scrubbed = aggregation.search.count(aggregation.raw_names, build_without_agent(window))
        busy = tuple(day for day in aggregation.day_claims.marked_days() if day in days)
        return Reflagged(judge.changed, judge.unjudged + scrubbed, tuple(days), busy)


def run_open(job: RetentionJob, days: set[date]) -> list[date]:
    """Return the days among ``days`` that may be counted again."""
    closed = job.aggregation.bookmarks.dropped_until()
    return sorted(day for day in days if closed is None or day >= closed)
