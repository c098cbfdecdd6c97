"""The figures of a run and their table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HEADER = ("figure", "measured", "baseline", "ratio", "target", "")


@dataclass(frozen=True)
class Target:
    """What a ratio must be: at least or at most ``bound``."""

    side: Literal["at least", "at most"]
    bound: float

    def is_met(self, ratio: float) -> bool:
        """Return whether ``ratio`` is on the right side."""
        return ratio >= self.bound if self.side == "at least" else ratio <= self.bound


@dataclass(frozen=True)
class Figure:
    """One line of the table; texts are with their units."""

    name: str
    measured: str
    baseline: str = ""
    ratio: float | None = None
    target: Target | None = None

    @property
    def verdict(self) -> str:
        """Return met or missed, or nothing where there is no target."""
        if self.target is None or self.ratio is None:
            return ""
        return "met" if self.target.is_met(self.ratio) else "missed"

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the texts of the line."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        target = "" if self.target is None else f"{self.target.side} {self.target.bound}"
        return (self.name, self.measured, self.baseline, ratio, target, self.verdict)


def build_table(figures: Sequence[Figure], header: Sequence[str] = HEADER) -> list[str]:
    """Return the lines of the table, names to the left and numbers to the right."""
    rows = [tuple(header), *(figure.cells for figure in figures)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in (0, len(widths) - 1) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
