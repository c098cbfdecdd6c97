"""``stats init`` and ``stats serve``."""

from __future__ import annotations

import click
import waitress
from flask import current_app

from stats.cli.context import with_service, with_stats
from stats.proxies import current_stats


@click.command()
@with_stats
def init() -> None:
    """Make index templates, queues and MongoDB indexes; safe to repeat."""
    current_stats.init()
    click.echo("index templates, queues and indexes are there")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@with_service
def serve(host: str, port: int) -> None:
    """Run the HTTP service; Ctrl-C ends it."""
    click.echo(f"http://{host}:{port}/stats/", err=True)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind the proxy
    waitress.serve(app, host=host, port=port, threads=8)
