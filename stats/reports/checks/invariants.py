"""What must hold within one line of a report, whatever was used.

Pure. Source: COUNTER 5.1, section 3.3.5 (metrics), and the Code of Practice for
Research Data. A request is an investigation too; of what happened at least once there
is at least one session, and no more sessions than uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Counts = Mapping[str, Mapping[str, int]]
"""Metric -> month -> count."""

RULE = "3.3.5 metrics"

COUNTER_PAIRS = (
    ("Total_Item_Requests", "Total_Item_Investigations"),
    ("Unique_Item_Requests", "Unique_Item_Investigations"),
    ("Unique_Item_Investigations", "Total_Item_Investigations"),
    ("Unique_Item_Requests", "Total_Item_Requests"),
    ("Unique_Title_Requests", "Unique_Title_Investigations"),
)
DATASET_PAIRS = (
    ("total-dataset-requests", "total-dataset-investigations"),
    ("unique-dataset-requests", "unique-dataset-investigations"),
    ("unique-dataset-investigations", "total-dataset-investigations"),
    ("unique-dataset-requests", "total-dataset-requests"),
)


def check_counts(
    counts: Counts, pairs: Sequence[tuple[str, str]], *, filtered: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Yield metric, month and what is wrong.

    ``filtered``: the report names the metrics that it holds, so one may be there alone.
    """
    for less, more in pairs:
        if more not in counts and filtered:
            continue
        for month, count in counts.get(less, {}).items():
            most = counts.get(more, {}).get(month, 0)
            if count > most:
                yield less, month, f"{less} {count} is above {more} {most} in {month}"
    for total, unique in (("Total_", "Unique_"), ("total-", "unique-")):
        for metric in [name for name in counts if name.startswith(total)]:
            other = metric.replace(total, unique, 1)
            if filtered and other not in counts:
                continue
            for month, count in counts[metric].items():
                if count and not counts.get(other, {}).get(month):
                    yield metric, month, f"{metric} {count} has no {other} in {month}"
