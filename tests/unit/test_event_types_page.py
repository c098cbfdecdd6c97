"""The page on event types says of each what its definition says."""

from __future__ import annotations

from pathlib import Path

from stats.events.catalogue import EVENT_TYPES, VALUED
from stats.events.types import EventType

PAGE = Path(__file__).parents[2] / "docs" / "event-types.md"


def row_of(event_type: EventType) -> str:
    cells = (
        f"`{event_type.name}`",
        event_type.counts_as or "-",
        event_type.usage or "-",
        ", ".join(breakdown.name for breakdown in event_type.breakdowns) or "-",
        "counts and values" if event_type.metrics == VALUED else "counts",
        ", ".join(event_type.levels),
    )
    return f"| {' | '.join(cells)} |"


def test_the_table_has_a_row_for_each_type_and_no_other() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    expected = [row_of(event_type) for event_type in EVENT_TYPES]
    missing = [row for row in expected if row not in rows]
    wrong = [row for row in rows if row not in expected]
    assert not missing + wrong, "\n".join(
        ["write into docs/event-types.md:", *missing, "not:", *wrong]
    )
    assert rows == expected, "the rows of docs/event-types.md are in the order of EVENT_TYPES"
