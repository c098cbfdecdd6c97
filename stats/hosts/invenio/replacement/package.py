"""Whether invenio-stats is installed, and which release."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from stats.errors import ConfigError

OLDEST, NEWEST = 5, 7
"""Major releases that are known to be called as this package answers."""

EXTENSION = "invenio-stats"
SETTING = "STATS_REPLACE_INVENIO_STATS"


def is_installed() -> bool:
    """Return whether invenio-stats can be imported."""
    return find_spec("invenio_stats") is not None


def check_version() -> None:
    """Raise ``ConfigError`` when the release is none of those known."""
    try:
        found = version(EXTENSION)
    except PackageNotFoundError:
        return  # a copy without metadata: nothing is known against it
    major = re.match(r"\d+", found)
    if major is None or not OLDEST <= int(major[0]) <= NEWEST:
        raise ConfigError(
            f"invenio-stats {found} is installed; {OLDEST} to {NEWEST} can be replaced:"
            f" install one of those, or set {SETTING} = False"
        )
