"""What mends a difference that an audit found: said, and done.

Nothing is mended by writing a number: days are counted again from their raw events, totals and
rows of people are set again from the daily documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stats.aggregations.runner import run_claims
from stats.aggregations.totals import run_totals_anew
from stats.audit.differences import RAW_EVENTS, Difference
from stats.audit.job import AuditJob
from stats.audit.totals import TOTALS, USERS
from stats.stores.months import MONTHS
from stats.times import EPOCH


@dataclass(frozen=True)
class Repair:
    """What counts again: open days, totals of refs, and rows of users and refs."""

    days: tuple[date, ...] = ()
    refs: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


def find_mend(difference: Difference) -> str:
    """Return what mends a difference, in words."""
    if difference.field == RAW_EVENTS:
        return (
            f"Bring the raw events back and run stats aggregate --from {difference.day}"
            f" --to {difference.day}, or accept the loss with --accept-missing"
        )
    if _day_of(difference) is not None:
        return f"Run stats aggregate --from {difference.day} --to {difference.day}"
    if difference.family in (TOTALS, USERS, MONTHS):
        return "Run stats audit --repair"
    return "Its raw events are gone: bring the daily documents back (stats import)"


def build_repair(differences: Sequence[Difference], *, closed: date | None) -> Repair:
    """Return what can be counted again; what rests on raw events that are gone cannot."""
    missing = {one.day for one in differences if one.field == RAW_EVENTS}
    days = {day for one in differences if one.day not in missing and (day := _day_of(one))}
    refs = {one.resource for one in differences if one.family in (TOTALS, MONTHS)}
    pairs = {_pair_of(one.resource) for one in differences if one.family == USERS}
    open_days = (day for day in days if closed is None or day >= closed)
    return Repair(tuple(sorted(open_days)), tuple(sorted(refs)), tuple(sorted(pairs)))


def run_repair(job: AuditJob, differences: Sequence[Difference]) -> Repair:
    """Count again what differs."""
    aggregation = job.aggregation
    repair = build_repair(differences, closed=aggregation.bookmarks.dropped_until())
    if repair.days:
        aggregation.day_claims.mark_days(repair.days, since=EPOCH)
        run_claims(aggregation, job.clock, among=repair.days)
    run_totals_anew(aggregation, set(repair.refs), set(repair.pairs), now=job.clock())
    return repair


def _day_of(difference: Difference) -> date | None:
    try:
        return date.fromisoformat(difference.day)
    except ValueError:  # a month, or all time
        return None


def _pair_of(key: str) -> tuple[str, str]:
    """Return user and ref of a row's ``_id``, in which a ``|`` of the user is escaped."""
    user, _, ref = key.partition("|")
    return user.replace("%7C", "|").replace("%25", "%"), ref
