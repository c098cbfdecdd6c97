"""What DataCite demands of every data set, looked at before anything is sent.

Pure. Comes in: the data sets of a report. Goes out: one line that says what lacks,
of how many, and where to put it. Source: the schema of DataCite's reports service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stats.reports.dsr_schema import PUBLISHER_ID_TYPES

_NO_ID = (
    "no publisher id: set publisher_id in the description, or STATS_PUBLISHER_ID for the"
    " publisher of STATS_PUBLISHER"
)
_STRANGE_ID = f"a publisher id that is none of {', '.join(PUBLISHER_ID_TYPES)}"
_NO_PUBLISHER = "no publisher: set publisher in the description, or STATS_PUBLISHER"


@dataclass
class Lacks:
    """What is wrong so far: how many data sets, and the first of them."""

    found: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, dataset: Mapping[str, Any]) -> None:
        """Look at one data set."""
        for lack in _lacks_of(dataset):
            known = self.found.setdefault(lack, [0, dataset["dataset-id"][0]["value"]])
            known[0] += 1

    @property
    def line(self) -> str:
        """Return what is wrong, in one line; empty when nothing is."""
        return "; ".join(
            f"{_about(number, first)} {lack}" for lack, (number, first) in self.found.items()
        )


def _lacks_of(dataset: Mapping[str, Any]) -> list[str]:
    lacks = []
    if not dataset["publisher"]:
        lacks.append(_NO_PUBLISHER)
    if not dataset["publisher-id"]:
        lacks.append(_NO_ID)
    elif any(one["type"] not in PUBLISHER_ID_TYPES for one in dataset["publisher-id"]):
        lacks.append(_STRANGE_ID)
    return lacks


def _about(number: int, first: str) -> str:
    return f"{first} has" if number == 1 else f"{number} data sets, such as {first}, have"
