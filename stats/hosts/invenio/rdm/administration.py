"""The statistics of the whole repository among InvenioRDM's administration pages."""

from __future__ import annotations

from invenio_administration.views.base import AdminView

from stats.hosts.invenio.rdm.pages import LazyWord


class StatisticsView(AdminView):  # type: ignore[misc]
    """Usage of everything, by time, country and record (``invenio_administration.views``)."""

    name = "statistics"
    url = "/statistics"
    template = "stats/rdm/administration.html"
    title = LazyWord("statistics")
    menu_label = LazyWord("statistics")
    category = "Site management"
    icon = "chart bar"
    order = 9
