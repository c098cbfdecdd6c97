"""Private fields of dead letters: they go after a while, and with the person.

Invariant: a letter stays, with its reason and all that tells of nobody,
and keeps its id, so that a replay makes the same event of it as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from stats.batches import batches
from stats.events.erasure import names_user, scrub_letter
from stats.retention.job import RetentionJob, run_lock
from stats.stores.dead_letters import DeadLetter
from stats.times import midnight

BATCH = 500
"""Letters scrubbed by one request."""


def due(job: RetentionJob) -> datetime:
    """Return the time before which a letter must have been set aside to be scrubbed."""
    return midnight(job.terms.private_before(job.clock().date()))


def run_scrub_letters(job: RetentionJob) -> int:
    """Scrub the letters that are due; return how many."""
    return _run_scrub(job, job.letters.read_private(due(job)))


def run_forget_letters(job: RetentionJob, user: str) -> int:
    """Scrub a person's letters; return how many there were."""
    return _run_scrub(job, job.letters.read(), lambda letter: names_user(letter, user))


def _run_scrub(
    job: RetentionJob,
    letters: Iterable[DeadLetter],
    wanted: Callable[[DeadLetter], bool] = lambda letter: True,
) -> int:
    scrubbed = 0
    for batch in batches(letters, BATCH):
        found = [scrub_letter(letter) for letter in batch if wanted(letter)]
        job.letters.scrub(found)
        scrubbed += len(found)
        run_lock(job)
    if scrubbed:
        job.step(f"scrubbed {scrubbed} dead letters")
    return scrubbed
