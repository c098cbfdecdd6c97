"""A golden case: a folder with what is done, and the numbers worked out by hand.

    case.toml       title, rule (and where it stands), why these numbers, steps; settings, if
                    the case is about one
    *.ndjson        events to publish, one JSON object a line
    *.log           access logs, with mapping.toml
    expected.json   what holds after the last step; other *.json for `expect` steps

A step is a verb and a name: `publish NAME`, `import NAME`, `process`, `aggregate`,
`begin NAME` (an aggregation that has read and not yet written), `slow NAME` (events stamped and
not yet visible), `finish NAME` (of either), `expect NAME`.

An expectation lists, by hand, `daily` {type: {day: {resource: fields}}}, `usage` {day:
{resource: fields}}, `totals` {ref: fields}, `users` {user: {ref: fields}}, any of them. A family
that is listed is listed whole: a document more or less is a difference. Fields may be left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.model import TYPES, Counted, Exclusions, differences
from tests.model.log import read_log
from tests.pipeline import Handle, Pipeline

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A folder, read."""

    folder: Path
    title: str
    steps: list[tuple[str, str]]
    settings: dict[str, Any]

    @property
    def exclusions(self) -> Exclusions:
        """What the settings mean to the model."""
        return Exclusions(
            internal_networks=tuple(self.settings.get("STATS_INTERNAL_NETWORKS", ())),
            owners=self.settings.get("STATS_EXCLUDE_OWNERS", False),
        )

    def lines(self, name: str) -> list[dict[str, Any]]:
        text = (self.folder / f"{name}.ndjson").read_text("utf-8")
        return [json.loads(line) for line in text.split("\n") if line]

    def log(self, name: str) -> tuple[Path, Path]:
        return self.folder / f"{name}.log", self.folder / "mapping.toml"

    def expected(self, name: str = "expected") -> dict[str, Any]:
        expectation: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text("utf-8"))
        return expectation

    def events(self) -> list[dict[str, Any]]:
        """All events of the case in the order of their storing: the model's input."""
        events = []
        for verb, name in self.steps:
            if verb == "publish":
                events += self.lines(name)
            elif verb == "import":
                events += read_log(*self.log(name)).events
        return events


def all_cases() -> list[Case]:
    return [read_case(path.parent) for path in sorted(FOLDER.glob("*/case.toml"))]


def read_case(folder: Path) -> Case:
    toml = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    steps = [(verb, name) for verb, _, name in (step.partition(" ") for step in toml["steps"])]
    return Case(folder, toml["title"], steps, toml.get("settings", {}))


def run_case(case: Case, pipeline: Pipeline) -> Iterator[tuple[str, list[str]]]:
    """Take the steps; at each expectation yield where it stands and the differences from it."""
    started: dict[str, Handle] = {}
    for number, (verb, name) in enumerate(case.steps, start=1):
        if verb == "publish":
            pipeline.publish(case.lines(name))
        elif verb == "import":
            pipeline.import_log(*case.log(name))
        elif verb == "process":
            pipeline.process()
        elif verb == "aggregate":
            pipeline.aggregate()
        elif verb == "begin":
            started[name] = pipeline.begin_aggregation()
        elif verb == "slow":
            started[name] = pipeline.slow_process()
        elif verb == "finish":
            started.pop(name).finish()
        elif verb == "expect":
            where = f"step {number}, {name}.json"
            yield where, hand_differences(case.expected(name), read_pipeline(pipeline))
        else:
            raise ValueError(f"{case.folder.name}: unknown step {verb!r}")
    yield "in the end", hand_differences(case.expected(), read_pipeline(pipeline))


def read_pipeline(pipeline: Pipeline) -> Counted:
    """Read all documents of the real system into the model's shape."""
    return Counted(
        daily={
            (type_, *bucket): dict(document)
            for type_ in TYPES
            for bucket, document in pipeline.daily(type_).items()
        },
        usage={bucket: dict(document) for bucket, document in pipeline.usage().items()},
        totals={ref: dict(document) for ref, document in pipeline.totals().items()},
        users={bucket: dict(document) for bucket, document in pipeline.users().items()},
    )


def hand_differences(expected: Mapping[str, Any], counted: Counted) -> list[str]:
    """Compare the families that the hand lists."""
    lines = []
    if "daily" in expected:
        lines += differences(flat(expected["daily"], 3), counted.daily, of="daily")
    if "usage" in expected:
        lines += differences(flat(expected["usage"], 2), counted.usage, of="usage")
    if "totals" in expected:
        lines += differences(expected["totals"], counted.totals, of="total")
    if "users" in expected:
        lines += differences(flat(expected["users"], 2), counted.users, of="user")
    return lines


def all_differences(model: Counted, counted: Counted) -> list[str]:
    """Compare everything, field by field."""
    return [
        *differences(model.daily, counted.daily, of="daily"),
        *differences(model.usage, counted.usage, of="usage"),
        *differences(model.totals, counted.totals, of="total"),
        *differences(model.users, counted.users, of="user"),
    ]


def flat(nested: Mapping[str, Any], depth: int) -> dict[Any, Any]:
    """Turn {a: {b: document}} into {(a, b): document}."""
    if depth == 1:
        return {(key,): document for key, document in nested.items()}
    return {
        (key, *rest): document
        for key, inner in nested.items()
        for rest, document in flat(inner, depth - 1).items()
    }
