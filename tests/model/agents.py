"""Robots and machines, by the published lists.

In: an agent. Out: whether a list has it. The lists match whatever the case; a few words that
name people's telephones and browsers (the table of docs/events.md) are read over, unless a list
has the agent in its very case.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

WORDS_OF_PEOPLE = (
    *("CUBOT", "HMSCore", "GMSCore", "QBCore", " Core/1."),
    *("Dual Core", "Quad Core", "DualCore", "QuadCore"),
    *("Motorola", "MOTOROLA", "MOTORAZR", "MOTORIZR", "MOTOROKR", "DoCoMo/"),
    *("Pioneer_", "PioneerE"),
    *("Titanium", "TITANIUM", "GoogleTV", "Google TV", "Google Pixel", "GoogleWv"),
    *("GooglePlayStore", "Google WAP Proxy", "AlexaToolbar", "XBLWP7"),
)


@cache
def patterns(name: str) -> list[str]:
    text = (files("counter_robots") / "data" / name).read_text("utf-8")
    return [line for line in text.split("\n") if line.strip()]


@cache
def is_on(name: str, agent: str) -> bool:
    rest = agent
    for word in WORDS_OF_PEOPLE:
        rest = rest.replace(word, " ")
    return any(
        re.search(pattern, agent) or re.search(pattern, rest, re.IGNORECASE)
        for pattern in patterns(name)
    )


def is_robot(agent: str) -> bool:
    return is_on("robot.txt", agent)


def is_machine(agent: str) -> bool:
    return is_on("machine.txt", agent)
