"""Doing something when, and only when, the current database transaction is committed.

Invariant: nothing is done for a transaction, or a savepoint in it, that
was rolled back. Without invenio-db, or outside of a transaction, it is done at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Do = Callable[[], None]

_WAITING = "stats_waiting"


@dataclass(frozen=True)
class _Waiting:
    """``prepare`` may still ask the database, ``do`` may not; ``scope`` are its transactions."""

    scope: tuple[Any, ...]
    prepare: Do
    do: Do


def when_committed(prepare: Do, do: Do) -> None:
    """Run ``prepare`` before the commit of the current transaction and ``do`` after it."""
    try:
        from invenio_db import db  # noqa: PLC0415 - optional
    except ImportError:
        prepare()
        do()
        return
    session = db.session()
    if not session.in_transaction():
        prepare()
        do()
        return
    listen_to_commits()
    scope = tuple(t for t in (session.get_transaction(), session.get_nested_transaction()) if t)
    session.info.setdefault(_WAITING, []).append(_Waiting(scope, prepare, do))


def listen_to_commits() -> None:
    """Have all sessions tell of their commits.

    Whoever waits from inside a flush calls it at start-up: a commit that flushes has begun.
    """
    from invenio_db import db  # noqa: PLC0415 - optional
    from sqlalchemy import event  # noqa: PLC0415 - optional

    for name, listener in _LISTENERS:
        if not event.contains(db.session, name, listener):
            event.listen(db.session, name, listener)


def _before_commit(session: Any) -> None:
    if not session.in_nested_transaction():
        session.flush()
        for waiting in session.info.get(_WAITING, ()):
            waiting.prepare()


def _after_commit(session: Any) -> None:
    if not session.in_nested_transaction():
        for waiting in session.info.pop(_WAITING, ()):
            waiting.do()


def _after_rollback(session: Any, rolled_back: Any) -> None:
    waiting = session.info.get(_WAITING, [])
    session.info[_WAITING] = [one for one in waiting if rolled_back not in one.scope]


_LISTENERS = (
    ("before_commit", _before_commit),
    ("after_commit", _after_commit),
    ("after_soft_rollback", _after_rollback),
)
