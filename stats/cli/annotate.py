"""``stats annotate``: remarks on days, which histories and exports show."""

from __future__ import annotations

import click

from stats.cli.context import with_stats
from stats.errors import InputError, UnknownError
from stats.events.item_fields import check_text
from stats.proxies import current_stats
from stats.queries.parameters import parse_date
from stats.stores.annotations import Annotation
from stats.times import utc_now


class AnnotateGroup(click.Group):
    """A group that takes ``stats annotate DAY TEXT`` for ``stats annotate add DAY TEXT``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named, or ``add``."""
        named = args if args[0] in self.commands else ["add", *args]
        return super().resolve_command(ctx, named)


@click.group(cls=AnnotateGroup)
def annotate() -> None:
    """Remarks on days: stats annotate 2026-03-01 "press release" [--resource KIND:ID]."""


@annotate.command()
@click.argument("day")
@click.argument("text", default="")
@click.option("--resource", default="", metavar="KIND:ID", help="What it is about; or the site.")
@click.option("--public", is_flag=True, help="For everybody who sees the history.")
@with_stats
def add(day: str, text: str, resource: str, public: bool) -> None:
    """Add a remark on DAY; without --public only reporters, curators and admins see it."""
    checked = parse_date(day, "DAY")
    if not text.strip():
        raise InputError("missing", "say what happened: stats annotate DAY TEXT", field="TEXT")
    ref = current_stats.kinds.parse_ref(resource, field="--resource") if resource else None
    said = check_text(text, "TEXT")
    store = current_stats.stores.annotations
    click.echo(store.add(checked, said, resource=ref, public=public, now=utc_now()).id)


@annotate.command("list")
@click.option("--resource", default="", metavar="KIND:ID", help="Only remarks on this.")
@with_stats
def list_(resource: str) -> None:
    """Print the remarks by day: id, day, what it is about, who sees it, text."""
    for one in current_stats.stores.annotations.all():
        if resource in ("", one.resource):
            click.echo(line_of(one))


@annotate.command()
@click.argument("annotation_id", metavar="ID")
@with_stats
def remove(annotation_id: str) -> None:
    """Remove a remark by the id that `list` prints."""
    if not current_stats.stores.annotations.remove(annotation_id):
        message = f"there is no annotation {annotation_id[:40]!r}; `stats annotate list` has all"
        raise UnknownError("unknown_annotation", message, field="ID")


def line_of(annotation: Annotation) -> str:
    """Return a remark as one line with tabs between."""
    about = annotation.resource or "the site"
    seen_by = "everybody" if annotation.public else "reporters"
    return "\t".join((annotation.id, str(annotation.day), about, seen_by, annotation.text))
