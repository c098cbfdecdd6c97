"""What the elements know of kinds and dimensions is what the package declares."""

from __future__ import annotations

from stats.events.catalogue import EVENT_TYPES
from stats.events.types import DIMENSIONS
from stats.kinds.catalogue import KINDS, RECORD
from stats.kinds.types import Kind
from tools.widget_catalogue import MODULE, build_module, choose_types

LANGUAGES = {"en", "de", "es", "fr"}


def test_the_module_is_what_the_tool_writes() -> None:
    """Run ``python tools/widget_catalogue.py`` and build after a kind or dimension changes."""
    assert MODULE.read_text("utf-8") == build_module(KINDS, DIMENSIONS)


def test_a_history_shows_views_then_downloads_and_three_types_at_most() -> None:
    chosen = {kind.name: choose_types(kind) for kind in KINDS}
    assert chosen["dataset"] == ["dataset-view", "dataset-download", "file-download"]
    assert chosen["file"] == ["file-download"]
    views = tuple(event_type.name for event_type in EVENT_TYPES if event_type.counts_as == "views")
    downloads = ("dataset-download", "file-download", "sip-download")
    crowded = choose_types(Kind("notebook", views=views, downloads=downloads))
    assert crowded == [views[0], "dataset-download", "file-download"]


def test_what_pages_write_is_there_in_every_language() -> None:
    assert choose_types(RECORD), "it stands for the types of a kind that has none"
    for one in (*KINDS, *DIMENSIONS):
        assert set(one.labels) in (LANGUAGES, set()), one.name
    ranked = {kind.name for kind in KINDS if kind.site_rankings or kind.combined}
    named = {kind.name for kind in KINDS if kind.labels}
    assert ranked | {kind.ranks for kind in KINDS if kind.ranks} <= named
    assert all(dimension.labels for dimension in DIMENSIONS)


def test_a_name_that_is_no_identifier_is_quoted() -> None:
    assert '  "e-book": {' in build_module([Kind("e-book")], [])
