"""Which user agents are robots, and which are machines.

In comes a ``User-Agent``, out go two flags. The lists are those of the
``counter-robots`` package, as COUNTER publishes them. Most patterns of the
machine list are on the robot list too, so the machine list wins: a robot is
what is on the robot list and not on the machine list (Code of Practice for
Research Data: scripts are used by researchers, and counted).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import counter_robots

ROBOTS_LIST = f"counter-robots {counter_robots.__version__}"
"""What raw documents say they were flagged by."""

CACHED_AGENTS = 50_000


class AgentFlags(NamedTuple):
    """What the lists say about one user agent; never both."""

    is_robot: bool
    is_machine: bool


NO_AGENT = AgentFlags(False, False)
"""A system event (a loan, an ingest) has no user agent, which is not an empty one."""

ReadAgent = Callable[[str], AgentFlags]


def _read_list(name: str, *, ignore_case: bool) -> re.Pattern[str]:
    lines = (files("counter_robots") / "data" / name).read_text("utf-8").splitlines()
    patterns = [line for line in lines if line.strip()]
    return re.compile("|".join(patterns), re.IGNORECASE if ignore_case else 0)


def agent_reader(*, ignore_case: bool = False) -> ReadAgent:
    """Return the function that flags a user agent, with a bounded memory.

    The lists are case-sensitive, as the package reads them; ``ignore_case``
    (``STATS_ROBOTS_IGNORE_CASE``) finds ``Java/17`` and ``GPTBot`` too.
    """
    robots = _read_list("robot.txt", ignore_case=ignore_case)
    machines = _read_list("machine.txt", ignore_case=ignore_case)

    @lru_cache(maxsize=CACHED_AGENTS)
    def read_agent(agent: str) -> AgentFlags:
        is_machine = machines.search(agent) is not None
        return AgentFlags(not is_machine and robots.search(agent) is not None, is_machine)

    return read_agent
