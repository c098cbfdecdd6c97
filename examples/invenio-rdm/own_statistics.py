"""Functions of an instance's own: what it leaves out, and what it adds to events."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

Event = dict[str, Any]

MONITORING = "uptime-probe/"


def leave_out_monitoring(event: Event, **carried: Any) -> Event | None:
    """Drop what the instance's own monitoring asks for."""
    return None if str(event.get("user_agent", "")).startswith(MONITORING) else event


def add_campaign(event: Event, **carried: Any) -> Event:
    """Keep the campaign whose link led here."""
    campaign = request.args.get("utm_campaign") if has_request_context() else None
    if not campaign:
        return event
    return {**event, "extra": {**(event.get("extra") or {}), "campaign": campaign[:100]}}
