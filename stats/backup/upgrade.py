"""From the documents of an older version to those of this one.

Comes in: an installation as an older version left it. Each step looks before it writes, so a
run may be killed and repeated, and workers of both versions may run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from stats.aggregations.job import AggregationJob
from stats.aggregations.read_day import run_count
from stats.aggregations.vanished_documents import all_families, run_find_present
from stats.backup.parts import SCHEMA
from stats.stores.locks import DayClaim
from stats.times import EPOCH

Report = Callable[[str], None]


def run_upgrade(job: AggregationJob, *, dry_run: bool, report: Report) -> int:
    """Say what is to do, and do it unless ``dry_run``; return how many things there were."""
    done = _templates(job, dry_run, report) + _mappings(job, dry_run, report)
    done += _counted_days(job, dry_run, report)
    version = job.bookmarks.schema()
    if version != SCHEMA:
        report(f"schema {version} becomes {SCHEMA}")
        done += 1
        if not dry_run:
            job.bookmarks.set_schema(SCHEMA)
    return done


def _templates(job: AggregationJob, dry_run: bool, report: Report) -> int:
    changed = job.search.changed_templates()
    for name in sorted(changed):
        report(f"index template {name} is put")
    if changed and not dry_run:
        job.search.put_templates()
    return len(changed)


def _mappings(job: AggregationJob, dry_run: bool, report: Report) -> int:
    faults = [fault for fault in job.search.mapping_faults() if fault.missing]
    for fault in faults:
        report(f"index {fault.index} gets {', '.join(sorted(fault.missing))}")
        if not dry_run:
            job.search.add_mapping(fault)
    if not dry_run:
        job.search.ensure_mappings()  # raises where a field has another type
    return len(faults)


def _counted_days(job: AggregationJob, dry_run: bool, report: Report) -> int:
    """Note from how many raw events days were counted by a version that did not."""
    closed, known = job.bookmarks.dropped_until(), job.counted_days.read_all()
    waiting = set(job.day_claims.marked_days())
    present = run_find_present(job, all_families(job))
    days = sorted({day for found in present.values() for day in found} - known.keys() - waiting)
    days = [day for day in days if closed is None or day >= closed]
    if days:
        report(f"{len(days)} days are noted with their number of raw events")
    if not dry_run:
        for day in days:
            _note(job, day, [family for family, found in present.items() if day in found])
    return len(days)


def _note(job: AggregationJob, day: date, families: list[str]) -> None:
    """Note a day; ticket 1 is below that of any count."""
    counted = run_count(job, DayClaim(day, EPOCH, 0), job.now())
    job.counted_days.write(day, counted.numbers.counted_from, ticket=1)
    job.counted_days.note_documents(day, there=families, gone=())
