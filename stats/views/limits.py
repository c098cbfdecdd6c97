"""Limits of a request before any view sees it: its address, and how often its caller asks."""

from __future__ import annotations

from flask import Blueprint, request

from stats.errors import AccessError
from stats.proxies import current_stats
from stats.views.identity import caller, read_token


def limit_requests(blueprint: Blueprint) -> Blueprint:
    """Refuse requests to a blueprint that are too long or too many."""
    blueprint.before_request(_check_request)
    return blueprint


def _check_request() -> None:
    current_stats.limits.check_address(len(request.full_path.encode()))
    current_stats.rates.count_request(request.remote_addr or "", _token())


def _token() -> str | None:
    """Return the token of the request; one that no view will accept is none."""
    try:
        return read_token()
    except AccessError:
        return None


def count_published(events: int, refs: int) -> None:
    """Count what the caller publishes, before it is published."""
    who = caller()
    key = _token() or who.user_id or request.remote_addr or ""
    current_stats.rates.count_published(key, events=events, refs=refs)
