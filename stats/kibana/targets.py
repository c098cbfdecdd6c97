"""The programs that open the saved objects, and how each wants them.

One entry a program and major version. What is in it was read in the programs'
sources: the migrations that an import runs on what is older than a type's version,
and how a dashboard finds the panels that it refers to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """One program.

    ``panel_version`` is that of each panel: one without is taken for older than 7.3,
    and its references are renamed by position. ``types`` are the versions of the form of
    each type, as late as the first release meant knows them; what is later there is
    migrated by the import. ``core`` is the version of the form of all objects. ``own_prefix``:
    a reference to a panel's object has the panel's key before its name. ``maps``: there are
    maps of layers; elsewhere maps are visualizations. ``controls``: a dashboard has controls
    of its own; elsewhere they are a visualization.
    """

    name: str
    title: str
    panel_version: str
    types: Mapping[str, str]
    core: str | None = None
    own_prefix: bool = True
    maps: bool = True
    controls: bool = True

    def stamp(self, kind: str) -> dict[str, Any]:
        """Return the fields of an object that say which form it has."""
        if self.core is None:
            return {"migrationVersion": {kind: self.types[kind]}}
        return {"coreMigrationVersion": self.core, "typeMigrationVersion": self.types[kind]}


_KIBANA_TYPES = {
    "index-pattern": "8.0.0",
    "visualization": "8.5.0",
    "search": "8.0.0",
    "map": "8.0.0",
    "dashboard": "8.7.0",
}
_OPENSEARCH_TYPES = {
    "index-pattern": "7.6.0",
    "visualization": "7.10.0",
    "search": "7.9.3",
    "dashboard": "7.9.3",
}

KIBANA_8 = Target("kibana-8", "Kibana 8.8 to 8.19", "8.8.0", _KIBANA_TYPES, core="8.8.0")
KIBANA_9 = Target("kibana-9", "Kibana 9", "9.0.0", _KIBANA_TYPES, core="8.8.0")
OPENSEARCH_2 = Target(
    "opensearch-dashboards-2",
    "OpenSearch Dashboards 2",
    "2.0.0",
    _OPENSEARCH_TYPES,
    own_prefix=False,
    maps=False,
    controls=False,
)
OPENSEARCH_3 = Target(
    "opensearch-dashboards-3",
    "OpenSearch Dashboards 3",
    "3.0.0",
    _OPENSEARCH_TYPES,
    own_prefix=False,
    maps=False,
    controls=False,
)
TARGETS = {target.name: target for target in (KIBANA_8, KIBANA_9, OPENSEARCH_2, OPENSEARCH_3)}
