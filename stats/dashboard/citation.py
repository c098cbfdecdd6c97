"""A line that says how often a resource was used, for its author to cite. Pure.

Comes in: totals, and the days that they are of. Goes out: one line in the language of the page,
with exact numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from stats.dashboard.language import Language

_CITED = ("views", "downloads")


def write_citation(
    totals: Mapping[str, Any], language: Language, *, title: str, first: date, last: date
) -> str | None:
    """Return the line: what was counted, from the first day that has numbers; None of nothing."""
    numbers = [language.text(f"cited_{name}", n=totals[name]) for name in _CITED if totals[name]]
    if not numbers:
        return None
    return language.text("cited", title=title, numbers=", ".join(numbers), first=first, last=last)
