"""Gauges in Prometheus' text format.

Comes in: what was measured. Goes out: text. Invariant: a gauge that
could not be measured is left out, since 0 would be a measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Gauge:
    """One gauge: a value, or one for each value of a label."""

    name: str
    help: str
    values: Mapping[str, float] = field(default_factory=dict)
    label: str = ""


def build_text(gauges: Iterable[Gauge]) -> str:
    """Return the text that Prometheus scrapes."""
    lines = [line for gauge in gauges for line in _lines(gauge)]
    return "\n".join(lines) + "\n"


def _lines(gauge: Gauge) -> list[str]:
    samples = [
        f"{gauge.name}{_labels(gauge, key)} {value:.15g}" for key, value in gauge.values.items()
    ]
    return [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge", *samples]


def _labels(gauge: Gauge, key: str) -> str:
    return f'{{{gauge.label}="{key}"}}' if gauge.label else ""
