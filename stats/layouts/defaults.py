"""The layouts that are there without configuration, in the form of ``STATS_LAYOUTS``.

``LAYOUTS`` is by place (the pages of the dashboard, the tabs of InvenioRDM), then by kind of
resource; ``*`` is any other kind. ``SECTIONS`` is what a place has beside the elements of
:mod:`stats.layouts.elements`, with the attributes that each takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.kinds.catalogue import COMMUNITY, CONCEPT, DATASET, RECORD, SITE

DASHBOARD = "dashboard"
INVENIO_RDM = "invenio-rdm"
ANY = "*"

SECTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    DASHBOARD: {
        "tiles": (),
        "rankings": (),
        "excluded": (),
        "pipeline": (),
        "versions": (),
        "citation": (),
        "records": ("metric", "size"),
        "content": (),
        "content-by": ("dimension", "size"),
    },
    INVENIO_RDM: {"uploaders": ()},
}

_HISTORY = {
    "en": "Usage over time",
    "de": "Nutzung im Zeitverlauf",
    "es": "Uso a lo largo del tiempo",
    "fr": "Utilisation dans le temps",
}
_COUNTRIES = {"en": "Countries", "de": "Länder", "es": "Países", "fr": "Pays"}
_TOP = {
    "en": "Most viewed records",
    "de": "Meistgesehene Einträge",
    "es": "Registros más vistos",
    "fr": "Notices les plus vues",
}
_NEW = {
    "en": "New records and submissions",
    "de": "Neue Einträge und Einreichungen",
    "es": "Registros y envíos nuevos",
    "fr": "Nouvelles notices et soumissions",
}
_UPLOADERS = {
    "en": "Uploaders",
    "de": "Hochladende",
    "es": "Quiénes suben registros",
    "fr": "Personnes qui déposent",
}
_NUMBERS = [
    {"element": "counter", "show": "views downloads volume", "title": _HISTORY},
    {"element": "history", "interval": "month"},
    {"element": "top", "kind": RECORD.name, "metric": "views", "title": _TOP},
    {"element": "map", "title": _COUNTRIES},
]

_WORK = ["versions", "tiles", "citation", "panel"]

LAYOUTS: Mapping[str, Mapping[str, list[Any]]] = {
    DASHBOARD: {
        SITE.name: [
            "tiles",
            {"element": "history", "type": "record-view file-download"},
            "rankings",
            {"element": "content", "width": "half"},
            {"element": "content-by", "width": "half"},
            {"element": "map", "type": "record-view", "width": "two-thirds"},
            {
                "element": "breakdown",
                "by": "country",
                "type": "record-view",
                "size": 9,
                "width": "third",
            },
            {
                "element": "breakdown",
                "by": "access_method",
                "type": "file-download",
                "size": 2,
                "width": "half",
            },
            {
                "element": "breakdown",
                "by": "referrer",
                "type": "record-view",
                "size": 6,
                "width": "half",
            },
            {"element": "excluded", "width": "half"},
            {"element": "pipeline", "width": "half"},
        ],
        RECORD.name: _WORK,
        DATASET.name: _WORK,
        CONCEPT.name: ["tiles", "citation", "panel"],
        COMMUNITY.name: [
            "tiles",
            "panel",
            {
                "element": "history",
                "type": "record-created submission-created",
                "title": _NEW,
            },
            {"element": "content", "width": "half"},
            {"element": "content-by", "width": "half"},
            "records",
        ],
        ANY: ["tiles", "panel"],
    },
    INVENIO_RDM: {
        SITE.name: _NUMBERS,
        COMMUNITY.name: [
            *_NUMBERS,
            {
                "element": "history",
                "type": "record-created submission-created",
                "interval": "month",
                "title": _NEW,
            },
            {"element": "uploaders", "title": _UPLOADERS},
        ],
        CONCEPT.name: [
            {"element": "history", "interval": "month", "title": _HISTORY},
            {"element": "map", "title": _COUNTRIES},
        ],
        ANY: ["panel"],
    },
}
