"""What a format of logs is: one definition, which reads the lines of one file.

A module of ``stats.events.importers.formats`` defines one or more; the catalogue finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Protocol

from stats.events.importers.request import Request
from stats.times import UTC


class Reader(Protocol):
    """Reads the lines of one file, one after the other."""

    def read(self, line: str) -> Request | None:
        """Return the request of a line; None for a line that is none (a comment, a directive).

        Raises ``InputError`` when the line is not of the format.
        """


@dataclass(frozen=True)
class Asked:
    """What is asked of a format beside its own fields.

    ``names`` are fields of its lines, by the names they have there; ``zone`` is the time
    zone of times without an offset.
    """

    names: frozenset[str] = frozenset()
    zone: tzinfo = UTC


Open = Callable[[Sequence[str], Asked], Reader | None]
"""From the first lines of a file to what reads it; None when the format does not fit them."""

BuildEvent = Callable[[Request], dict[str, Any]]

Describe = Callable[[Request], tuple[str, dict[str, Any]] | None]
"""From a request to a ref and what its line says of that resource; None when nothing."""


@dataclass(frozen=True)
class LogFormat:
    """One format.

    ``rank`` decides between formats that read equally many of the first lines: the higher is
    the more special. ``columns`` are fields of a line that templates of a mapping may use.
    ``build_event`` makes events without a mapping, where the lines themselves say what was
    used, and ``describe`` returns what a line then says of a resource. ``has_directives``:
    lines that begin with ``#`` change how later ones are read.
    """

    name: str
    title: str
    open: Open = field(repr=False)
    rank: int = 0
    columns: tuple[str, ...] = ()
    build_event: BuildEvent | None = None
    describe: Describe | None = None
    has_directives: bool = False
