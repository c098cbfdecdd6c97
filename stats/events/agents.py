"""Which user agents are robots, and which are machines.

In comes a ``User-Agent``, out go two flags. The lists are those of the
``counter-robots`` package, as COUNTER publishes them. Most patterns of the
machine list are on the robot list too, so the machine list wins: a robot is
what is on the robot list and not on the machine list (Code of Practice for
Research Data: scripts are used by researchers, and counted).

Patterns match whatever the case, as the README of COUNTER-Robots advises: ``BingBot`` is
``bingbot``. :data:`PEOPLE` names what would be flagged by that alone and is a person's
browser or telephone (``docs/events.md``, Robots and machines).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import counter_robots

CACHED_AGENTS = 50_000

PEOPLE = (
    *("CUBOT",),  # bot: telephones
    *("HMSCore", "GMSCore", "QBCore", " Core/1."),  # core: Huawei's browser, QQ's, WeChat's
    *("Dual Core", "Quad Core", "DualCore", "QuadCore"),  # core: telephones
    *("Motorola", "MOTOROLA", "MOTORAZR", "MOTORIZR", "MOTOROKR"),  # motor
    *("DoCoMo/",),  # docomo: telephones of NTT Docomo
    *("Titanium", "TITANIUM"),  # titan: tablets
    *("Pioneer_", "PioneerE"),  # pioneer: telephones
    *("GoogleTV", "Google TV", "Google Pixel", "GoogleWv"),  # google: devices and a web view
    *("GooglePlayStore", "Google WAP Proxy"),
    *("AlexaToolbar",),  # alexa: an add-on of browsers
    *("XBLWP7",),  # lwp: Windows Phone 7
)
"""Words of people's agents that hold a robot's pattern in another case; to the letter."""


class AgentFlags(NamedTuple):
    """What the lists say about one user agent; never both."""

    is_robot: bool
    is_machine: bool


NO_AGENT = AgentFlags(False, False)
"""A system event (a loan, an ingest) has no user agent, which is not an empty one."""

ReadAgent = Callable[[str], AgentFlags]
_Matches = Callable[[str], bool]


def name_lists(*, ignore_case: bool = True) -> str:
    """Return what raw documents say they were flagged by: the lists' version and the case."""
    how = "whatever the case" if ignore_case else "case-sensitive"
    return f"counter-robots {counter_robots.__version__}, {how}"


def agent_reader(*, ignore_case: bool = True) -> ReadAgent:
    """Return the function that flags a user agent, with a bounded memory.

    Without ``ignore_case`` (``STATS_ROBOTS_IGNORE_CASE``) it says what the package says.
    """
    robots = _read_list("robot.txt", ignore_case=ignore_case)
    machines = _read_list("machine.txt", ignore_case=ignore_case)

    @lru_cache(maxsize=CACHED_AGENTS)
    def read_agent(agent: str) -> AgentFlags:
        is_machine = machines(agent)
        return AgentFlags(not is_machine and robots(agent), is_machine)

    return read_agent


_PEOPLE = re.compile("|".join(map(re.escape, PEOPLE)))


def _read_list(name: str, *, ignore_case: bool) -> _Matches:
    """Return the test whether an agent is on a list.

    What is on it to the letter stays on it, whoever it names.
    """
    lines = (files("counter_robots") / "data" / name).read_text("utf-8").splitlines()
    patterns = "|".join(line for line in lines if line.strip())
    exact, loose = re.compile(patterns), re.compile(patterns, re.IGNORECASE)

    def matches(agent: str) -> bool:
        if not ignore_case:
            return exact.search(agent) is not None
        if loose.search(agent) is None:
            return False
        return exact.search(agent) is not None or loose.search(_PEOPLE.sub(" ", agent)) is not None

    return matches
