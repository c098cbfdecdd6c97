"""Standing in for invenio-stats, which InvenioRDM and others import and call.

The package invenio-stats (5 to 7) stays installed as the interface; the object
behind its ``current_stats`` is :class:`~stats.hosts.invenio.replacement.state.ReplacedState`.
``docs/invenio-rdm.md`` says what it answers. ``STATS_REPLACE_INVENIO_STATS = False``
leaves invenio-stats as it is.
"""
