"""The counting rules once more, slowly: what the system must say about a list of events.

In: events as they are published (design, section 3.1), in the order in which they were
stored. Out: every daily document, usage document, total and per-user row. It is written
from the rules alone (design, section 4) in lists and sets, shares no code with the package,
and knows no engines, batches, bookmarks or days to redo: whatever way the events took, the
numbers must be these.

    counted = count(events, country=lambda ip: "ZZ")
    counted.daily["record-view", "2024-03-01", "record:r1"]["count"]
"""

from tests.model.counting import BREAKDOWNS, Counted, count
from tests.model.differences import differences
from tests.model.events import TYPES, Click, Exclusions, TypeRule, read_clicks

__all__ = [
    "BREAKDOWNS",
    "TYPES",
    "Click",
    "Counted",
    "Exclusions",
    "TypeRule",
    "count",
    "differences",
    "read_clicks",
]
