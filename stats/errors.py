"""Every error the package raises on purpose.

::

    StatsError
    ├── ConfigError          a setting is wrong: start-up fails            exit 2
    ├── InputError           what came in is wrong, and says which field   400  exit 2
    │   └── UnknownError     the thing asked for does not exist            404  exit 2
    ├── LimitError           more than a limit allows                      413/414/422/429  exit 2
    ├── CounterError         a COUNTER request gets one exception         its own  exit 2
    ├── AccessError          nobody is signed in (401) or may not (403)    401/403  exit 2
    ├── StoreUnavailable     an engine does not answer: try again          503  exit 3
    │   └── StoreBlocked     it answers, and takes no writes for now       503  exit 3
    └── StoreRejected        an engine refused our request: a bug of ours  500  exit 1

One place turns them into HTTP (``views.errors``), one into exit codes
(``cli``), one into Celery retries (``tasks``).
"""

from __future__ import annotations

from typing import Literal

InputCode = Literal[
    "missing",
    "unknown_field",
    "wrong_type",
    "bad_format",
    "too_long",
    "too_large",
    "out_of_range",
    "bad_window",
    "unknown_type",
    "unknown_annotation",
    "unknown_query",
    "unknown_parameter",
    "unknown_resource",
    "in_the_future",
    "too_late",
    "raw_events_missing",
    "not_json",
]


class StatsError(Exception):
    """Base of all errors of this package; ``str()`` is one line for a person."""


class ConfigError(StatsError):
    """A setting is unknown, of the wrong form, or contradicts another."""


class InputError(StatsError):
    """Something that came in is wrong.

    ``code`` is one of :data:`InputCode`, ``field`` the name of the field or
    parameter at fault (empty when the whole input is), and the message says
    what to do.
    """

    def __init__(self, code: InputCode, message: str, *, field: str = "") -> None:
        message = _printable(message)
        super().__init__(message)
        self.code = code
        self.field = _printable(field)
        self.message = message

    @property
    def line(self) -> str:
        """Return the message as a line by itself, which names the field once."""
        following = self.message.removeprefix(self.field)[:1]
        begins = self.message.startswith(self.field) and not following.isalnum()
        return self.message if begins or not self.field else f"{self.field}: {self.message}"


def _printable(text: str) -> str:
    """Return text that every output can hold: what came in may have halves of characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class UnknownError(InputError):
    """What the caller named does not exist: a query, a report, a resource."""


class LimitError(StatsError):
    """A caller asks for more than a limit allows; ``status`` is the HTTP status that says so.

    ``retry_after`` are the seconds after which the same may be asked again, where time mends it.
    """

    def __init__(
        self,
        code: Literal["too_long", "too_large", "too_many", "too_slow"],
        message: str,
        *,
        status: int,
        field: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.retry_after = retry_after


class CounterError(StatsError):
    """A COUNTER request that gets one exception in place of a report.

    ``code`` and the message are of COUNTER 5.1's table D.1, ``status`` the HTTP
    status that goes with them, ``data`` what there is to say about this case.
    """

    def __init__(self, message: str, *, code: int, status: int, data: str = "") -> None:
        super().__init__(f"{code}: {message} ({data})" if data else f"{code}: {message}")
        self.message = message
        self.code = code
        self.status = status
        self.data = data


class AccessError(StatsError):
    """The caller may not do this; ``signed_in`` says whether one is known."""

    def __init__(self, message: str, *, signed_in: bool) -> None:
        super().__init__(message)
        self.signed_in = signed_in


class StoreUnavailable(StatsError):
    """An engine does not answer. Nothing is lost; the same call may succeed later."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(engine, reason)  # as they are, so that it goes from process to process
        self.engine = engine
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.engine} is not reachable: {self.reason}"


class StoreBlocked(StoreUnavailable):
    """An engine answers and takes no writes: an alarm, a full disk, a block by hand.

    The reason names no address, so that everybody may read it.
    """

    def __str__(self) -> str:
        return f"{self.engine} is blocked: {self.reason}"


class StoreRejected(StatsError):
    """An engine answered that our request is wrong. Repeating it will not help."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(engine, reason)
        self.engine = engine
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.engine} refused a request: {self.reason}"
