"""``stats init`` and ``stats serve``."""

from __future__ import annotations

from typing import Any

import click
import waitress
from flask import current_app

from stats.cli.context import with_service, with_stats
from stats.limits import Limits
from stats.proxies import current_stats
from stats.service import create_app


@click.command()
@with_stats
def init() -> None:
    """Make index templates, queues and MongoDB indexes; safe to repeat."""
    current_stats.init()
    click.echo("index templates, queues and indexes are there")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@with_service(create_app)
def serve(host: str, port: int) -> None:
    """Run the HTTP service; Ctrl-C ends it."""
    click.echo(f"http://{host}:{port}/stats/", err=True)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind the proxy
    waitress.serve(app, host=host, port=port, **server_options(current_stats.limits))


def server_options(limits: Limits) -> dict[str, Any]:
    """Return what keeps the server answering, whatever connections do.

    Waitress reads requests in one thread and gives whole ones to the others, so that a
    connection that sends nothing, or slowly, holds no thread; it is closed after a while.
    A body that is too large is refused by its header.
    """
    return {
        "threads": 16,
        "connection_limit": 2_000,
        "asyncore_use_poll": True,  # select() knows no file descriptor above 1,023
        "channel_timeout": 30,
        "cleanup_interval": 5,
        "max_request_body_size": limits.body_bytes,
        "max_request_header_size": limits.address_bytes + 32 * 1024,
        "channel_request_lookahead": 1,  # it notices a client that goes, and work for it ends
        "clear_untrusted_proxy_headers": False,  # STATS_TRUSTED_PROXIES says which are believed
    }
