"""What a check finds: where, which rule, and what is there instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong. ``line`` is a line of the file, from 1; ``place`` a path or column.

    ``rule`` names the rule as the standard does: ``schema``, ``header``, ``3.3.5``, ...
    """

    line: int
    place: str
    rule: str
    message: str

    @property
    def text(self) -> str:
        """Return the finding as a line for a person."""
        place = f" {self.place}" if self.place else ""
        return f"line {self.line}{place}: {self.message} [{self.rule}]"
