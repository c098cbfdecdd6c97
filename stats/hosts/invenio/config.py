"""The entry point ``invenio_config.module``: defaults that suit Invenio."""

from __future__ import annotations

from stats.kinds.catalogue import COMMUNITY, FILE, RECORD

STATS_REPORT_KINDS = (RECORD.name, FILE.name, COMMUNITY.name)
STATS_COUNTER_ITEM_KINDS = (RECORD.name,)
"""Invenio's items are records; a dataset is a record of that type."""
