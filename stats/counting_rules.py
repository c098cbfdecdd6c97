"""The constants of the counting rules (``docs/counting-rules.md``), each defined once.

Whoever writes raw documents and whoever counts them must agree on these: what is
stored depends on them.
"""

from __future__ import annotations

from datetime import date, timedelta

DOUBLE_CLICK = timedelta(seconds=30)
"""Of two clicks of one visitor on one URL at most so far apart, the first does not count."""

DOUBLE_CLICK_MS = 30_000

PARTITIONS = 1024
"""Visitors are divided among so many partitions; one visitor's events share one."""

FIRST_DAY = date(1990, 1, 1)
"""No event is older: an earlier timestamp is an error."""

EXTRACTOR = "extractor"
"""The way in, and the reason of exclusion, of programs that run under a person's key."""

CARRY_OVER_VISITOR, CARRY_OVER_PARTITION = "head_visitor_id", "head_partition"
"""Fields of an event of a day's first 30 seconds: its visitor under the salt of the day before.

The last click of a day and the first of the next can so be seen to be one double click.
"""
