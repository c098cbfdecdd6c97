"""The entry point ``invenio_config.module``: defaults that suit Invenio."""

from __future__ import annotations

STATS_REPORT_KINDS = ("record", "file", "community")
STATS_COUNTER_ITEM_KINDS = ("record",)
"""Invenio's items are records; a dataset is a record of that type."""
