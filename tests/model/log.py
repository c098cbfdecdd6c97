"""Reading an access log without the package: lines and a mapping become published events.

In: a log in the combined format and a mapping in TOML (design, section 3.5). Out: the events
in the order of the lines, and how many lines were imported, skipped and malformed. The `id` of
an event is its line and which occurrence of that very line it is: what matters is that the same
file gives the same ids, and that two equal lines of one file are two events.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINE = re.compile(
    r"(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?P<method>\S+) (?P<target>.*?) HTTP/[0-9.]+" (?P<status>\d+) (?P<size>\d+|-) '
    r'"(?P<referrer>.*?)" "(?P<agent>.*)"'
)
TEMPLATES = ("resource", "owner_id", "access", "title", "via")


@dataclass(frozen=True)
class Log:
    """What a log says under a mapping."""

    events: list[dict[str, Any]]
    skipped: int
    malformed: int

    @property
    def imported(self) -> int:
        return len(self.events)


def read_log(path: Path, mapping: Path) -> Log:
    """Apply the mapping to each line; blank lines are nothing."""
    rules = tomllib.loads(mapping.read_text("utf-8"))
    seen: Counter[str] = Counter()
    events, skipped, malformed = [], 0, 0
    for line in path.read_text("utf-8").split("\n"):
        if not line.strip():
            continue
        seen[line] += 1
        fields = LINE.fullmatch(line)
        if fields is None:
            malformed += 1
        elif event := apply_rules(fields.groupdict(), rules):
            events.append({"id": f"{line}#{seen[line]}", **event})
        else:
            skipped += 1
    return Log(events, skipped, malformed)


def apply_rules(line: dict[str, str], rules: dict[str, Any]) -> dict[str, Any] | None:
    """Make the event of a line; None when it is not an access that counts or no rule matches."""
    if int(line["status"]) not in rules.get("status", [200, 304]):
        return None
    if line["method"] not in rules.get("methods", ["GET"]):
        return None
    path = unquote(line["target"].split("?")[0])
    for rule in rules["rule"]:
        found = re.search(rule["path"], path)
        if found:
            return {**actor(line), **filled(rule, found.groupdict())}
    return None


def actor(line: dict[str, str]) -> dict[str, Any]:
    moment = datetime.strptime(line["time"], "%d/%b/%Y:%H:%M:%S %z")
    event: dict[str, Any] = {
        "timestamp": moment.isoformat(),
        "request_url": line["target"],
        "ip_address": line["ip"],
        "user_agent": "" if line["agent"] == "-" else line["agent"],
        "referrer": "" if line["referrer"] == "-" else line["referrer"],
    }
    if line["user"] != "-":
        event["user_id"] = line["user"]
    if line["size"] != "-":
        event["size"] = int(line["size"])
    return event


def filled(rule: dict[str, Any], groups: dict[str, str]) -> dict[str, Any]:
    event = {name: rule[name].format(**groups) for name in TEMPLATES if name in rule}
    event["type"] = rule["type"]
    event["parents"] = [parent.format(**groups) for parent in rule.get("parents", [])]
    return event
