"""Private fields that are older than is kept, scrubbed in place.

Invariant: what was counted by person stays. Before who did it is
scrubbed from a day's events, the counts that come from it are kept
(``aggregations.users.retained_rows``); from then on, every count of the day takes them from
there, whether the events are scrubbed already or not. The second visitor ids of the day's
first seconds go with them (``retention.carry_over``). So this may be killed
anywhere and repeated.
"""

from __future__ import annotations

from datetime import date

from stats.aggregations.clicks import Attribution
from stats.aggregations.read_day import run_read
from stats.aggregations.users.retained_rows import add_retained, build_rows
from stats.events.erasure import scrub
from stats.retention.carry_over import cut_carry_over, run_read_last_clicks
from stats.retention.job import RetentionJob
from stats.retention.rewrite import run_rewrite
from stats.retention.search_requests import build_private_of_day, build_users_of_day
from stats.stores.retained_user_rows import RetainedDay
from stats.times import DAY

_NEVER = "~"
"""Later than all times as text: nothing is new."""


def run_scrub_day(job: RetentionJob, day: date, until: str) -> int:
    """Scrub a counted day's events indexed before ``until``; return how many.

    The first of them may have pushed clicks of the day before out of rows that are
    kept already: those are kept anew while the events still say whose they are.
    """
    if job.aggregation.retained_rows.generation(day - DAY):
        run_keep(job, day - DAY, until)
    run_keep(job, day, until)
    change = cut_carry_over(scrub, run_read_last_clicks(job, day - DAY))
    scrubbed = 0
    for aggregation in job.aggregation.aggregations:
        scrubbed += run_rewrite(
            job,
            job.aggregation.search.raw(aggregation.event_type.name),
            query=build_private_of_day(day, until),
            change=change,
        )
    job.step(f"{day}: scrubbed {scrubbed} events")
    return scrubbed


def run_keep(job: RetentionJob, day: date, until: str) -> None:
    """Keep what a day's events indexed before ``until`` say about people, if any do."""
    aggregation = job.aggregation
    kept = aggregation.retained_rows.read(day)
    came = build_users_of_day(day, kept.until, until)
    if until <= kept.until or not aggregation.search.count(aggregation.raw_names, came):
        return
    ticket = aggregation.bookmarks.ticket(job.clock())
    numbers = run_read(job.counting, day, since=_NEVER, attribution=Attribution(kept.until, until))
    add_retained(kept, numbers, aggregation.aggregations)
    aggregation.retained_rows.write(day, RetainedDay(ticket, until, build_rows(numbers)))
