"""Which application a command works on: the host's, or the service of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial, wraps
from time import monotonic, sleep
from typing import ParamSpec, TypeVar

import click
from flask import Flask, has_app_context
from flask.cli import ScriptInfo

from stats.errors import StoreUnavailable
from stats.proxies import current_stats
from stats.standalone import create_standalone

P = ParamSpec("P")
R = TypeVar("R")

_WAIT = "stats.wait"
_PAUSE = 0.5


def with_stats(command: Callable[P, R]) -> Callable[P, R]:
    """Run ``command`` where ``current_stats`` is there, and give it ``--wait``.

    Under ``flask stats`` it is the host's application; under ``stats`` one is
    made of the environment. With ``--wait SECONDS`` the command begins when all
    engines answer, or after so long; without, an engine that is down ends it at once.
    """
    return _with_app(command, create=create_standalone, hurried=True)


def with_service(create: Callable[[], Flask]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """As :func:`with_stats`, for a command that outlives engines which are down.

    Under ``stats`` the application is what ``create`` returns.
    """
    return partial(_with_app, create=create, hurried=False)


def _with_app(
    command: Callable[P, R], *, create: Callable[[], Flask], hurried: bool
) -> Callable[P, R]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with nullcontext() if has_app_context() else _application(create).app_context():
            if hurried:
                current_stats.stores.hurry()
            _wait(wait_seconds())
            return command(*args, **kwargs)

    option = click.option(
        "--wait",
        type=click.FloatRange(min=0),
        expose_value=False,
        callback=_remember,
        metavar="SECONDS",
        help="Wait so long for engines that do not answer, and days that others hold.",
    )
    return option(run)


def _application(create: Callable[[], Flask]) -> Flask:
    """Return the host's application under ``flask stats`` and ``invenio stats``, or a new one."""
    script = click.get_current_context().find_object(ScriptInfo)
    return create() if script is None else script.load_app()


def wait_seconds() -> float:
    """Return how long the current command may wait."""
    seconds: float = click.get_current_context().meta.get(_WAIT, 0.0)
    return seconds


def _remember(ctx: click.Context, _option: click.Parameter, seconds: float | None) -> None:
    ctx.meta[_WAIT] = seconds or 0.0


def _wait(seconds: float) -> None:
    """Return when all engines answer or ``seconds`` are over."""
    end = monotonic() + seconds
    while monotonic() < end:
        try:
            current_stats.ping()
            return
        except StoreUnavailable:
            sleep(_PAUSE)
