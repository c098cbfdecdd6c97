"""The component of InvenioRDM's record service that counts a record when it is published.

InvenioRDM's own signal (``post_publish_signal``) is sent only where an instance configures
it; components are asked at every publication.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from invenio_records_resources.services.records.components import ServiceComponent
from invenio_records_resources.services.uow import Operation

from stats.hosts.emit import emit
from stats.hosts.invenio.rdm.created import build_created

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"


class CountCreated(Operation):  # type: ignore[misc]
    """Publishes ``record-created`` when the record is in the database."""

    def __init__(self, record: Any) -> None:
        self._record = record

    def on_post_commit(self, _uow: Any) -> None:
        """Publish the event; a repetition of it is known by its id."""
        emit(build_created(self._record))


class StatsComponent(ServiceComponent):  # type: ignore[misc]
    """Counts records; the last of the components, when the others have filled the record in."""

    def publish(self, identity: Any, draft: Any = None, record: Any = None) -> None:
        """Count a record as created, once for all its editions."""
        self.uow.register(CountCreated(record))


def add_component(app: Flask) -> None:
    """Add the component to those of the record service, the instance's own or InvenioRDM's."""
    from invenio_rdm_records.services.components import (  # noqa: PLC0415 - imports models
        DefaultRecordsComponents,
    )

    components = app.config.get(COMPONENTS, DefaultRecordsComponents)
    if StatsComponent not in components:
        app.config[COMPONENTS] = [*components, StatsComponent]
