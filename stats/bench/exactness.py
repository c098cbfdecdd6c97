"""Daily numbers compared with the exact ones, which are counted anew from raw events.

Compared are views of records and downloads of files, which is what invenio-stats has, and of them
the regular ones: machines (wget, curl, ...) are on COUNTER's list of robots, too, and invenio-stats
leaves them out as such, where the rules count them as machines. Nothing is there where nothing was
counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import sleep
from typing import Any

from stats.audit.days import run_find_days, run_recount, run_stored
from stats.audit.job import AuditJob
from stats.bench.places import open_state
from stats.bench.stream import TYPES
from stats.engines.namespace import Namespace
from stats.events.types import REGULAR
from stats.times import utc_now

Key = tuple[str, str, str]
"""Event type, day and resource."""
Numbers = dict[Key, tuple[int, int]]
"""Count and unique count of each."""

KIND_OF = {"record-view": "record", "file-download": "file"}
NOTHING = (0, 0)


@dataclass(frozen=True)
class Exactness:
    """How numbers compare with the exact ones, of which there are ``of``.

    ``total`` is the sum of the counts, ``exact_total`` that of the exact ones.
    """

    of: int
    counts: int
    unique_counts: int
    total: int
    exact_total: int


def run_read_numbers(place: Namespace) -> tuple[Numbers, Numbers]:
    """Return the exact numbers as the audit counts them, and those that are stored."""
    job = AuditJob(open_state(place).aggregation_job, utc_now, sleep, print)
    exact: Numbers = {}
    stored: Numbers = {}
    for day in run_find_days(job, (None, None)):
        exact |= _regular_counts(run_recount(job, day))
        stored |= _regular_counts(run_stored(job, day))
    return exact, stored


def compare(found: Numbers, exact: Numbers) -> Exactness:
    """Return in how many places numbers differ from the exact ones."""
    pairs = [
        (found.get(key, NOTHING), exact.get(key, NOTHING)) for key in found.keys() | exact.keys()
    ]
    return Exactness(
        of=len(exact),
        counts=sum(one[0] != right[0] for one, right in pairs),
        unique_counts=sum(one[1] != right[1] for one, right in pairs),
        total=sum(one[0] for one, _ in pairs),
        exact_total=sum(count for count, _ in exact.values()),
    )


def _regular_counts(documents: Mapping[tuple[str, str], dict[str, Any]]) -> Numbers:
    numbers: Numbers = {}
    for (family, _), body in documents.items():
        if family in TYPES and body["kind"] == KIND_OF[family]:
            for method, count, unique_count, _ in body["breakdown"]["access_method"]:
                if method == REGULAR:
                    key = (family, body["timestamp"][:10], body["resource"])
                    numbers[key] = (count, unique_count)
    return numbers
