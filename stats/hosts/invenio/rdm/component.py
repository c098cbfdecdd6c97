"""The component of InvenioRDM's record service that counts what is published and removed.

InvenioRDM's own signal (``post_publish_signal``) is sent only where an instance configures
it; components are asked at every publication.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from invenio_records_resources.services.records.components import ServiceComponent

from stats.hosts.invenio.rdm.content import build_change, count_content, count_events
from stats.hosts.invenio.rdm.memberships import listen_to_memberships
from stats.times import utc_now

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"


class StatsComponent(ServiceComponent):  # type: ignore[misc]
    """Counts records; the last of the components, when the others have filled the record in."""

    def publish(self, identity: Any, draft: Any = None, record: Any = None) -> None:
        """Count a record as created, once for all its editions, in the communities it is in."""
        count_content(lambda: [record])

    def delete_record(self, identity: Any, data: Any = None, record: Any = None) -> None:
        """Count a record as removed."""
        count_content(lambda: [record])

    def restore_record(self, identity: Any, record: Any = None) -> None:
        """Count a removed record as there again."""
        count_events(lambda: [build_change("record-restored", record, utc_now())])


def add_component(app: Flask) -> None:
    """Add the component to those of the record service, the instance's own or InvenioRDM's."""
    from invenio_rdm_records.services.components import (  # noqa: PLC0415 - imports models
        DefaultRecordsComponents,
    )

    components = app.config.get(COMPONENTS, DefaultRecordsComponents)
    if StatsComponent not in components:
        app.config[COMPONENTS] = [*components, StatsComponent]
    listen_to_memberships()
