"""The kinds that are there without configuration.

The one place that lists kinds. A new one is one definition here, or in a host's
``STATS_KINDS``; ``docs/kinds.md`` has a row for each.
"""

from __future__ import annotations

from stats.kinds.types import Kind

_NAMED = ("type", "id", "name", "owner", "owner_id")
_USED = ("views", "downloads", "last_viewed", "last_downloaded")
_DATED = (*_NAMED, "created", *_USED)
_PARENTS = ("parent_collections", "parent_spaces")

FILE = Kind(
    "file",
    labels={
        "en": "File|Files",
        "de": "Datei|Dateien",
        "es": "Archivo|Archivos",
        "fr": "Fichier|Fichiers",
    },
    within=("bucket", "record", "dataset"),
    container=False,
    normal_id="exact",
    downloads=("file-download",),
    plural="files",
    report_columns=(
        *_NAMED,
        "size_kb",
        "uploaded",
        *_USED,
        "location",
        "parent_datasets",
        *_PARENTS,
        "status",
    ),
    site_rankings=("downloads",),
    combined=True,
    schema_type="MediaObject",
)

BUCKET = Kind("bucket", within=("record", "dataset"), container=False, normal_id="exact")
"""Where InvenioRDM keeps the files of a record."""

SIP = Kind("sip", within=("record",), container=False, normal_id="exact")
"""A submission information package."""

RECORD = Kind(
    "record",
    labels={
        "en": "Record|Records",
        "de": "Eintrag|Einträge",
        "es": "Registro|Registros",
        "fr": "Notice|Notices",
    },
    within=("dataset", "concept"),
    container=False,
    views=("record-view",),
    downloads=("file-download",),
    site_rankings=("views", "downloads"),
    plural="records",
    report_columns=(*_DATED, *_PARENTS, "parent_communities"),
    combined=True,
    counter_item=True,
)

DATASET = Kind(
    "dataset",
    labels={
        "en": "Dataset|Datasets",
        "de": "Datensatz|Datensätze",
        "es": "Conjunto de datos|Conjuntos de datos",
        "fr": "Jeu de données|Jeux de données",
    },
    within=("concept",),
    container=False,
    views=("dataset-view",),
    downloads=("dataset-download", "file-download"),
    ranks="file",
    plural="datasets",
    report_columns=(*_DATED, *_PARENTS),
    combined=True,
    counter_item=True,
    counter_dataset=True,
    data_type="Dataset",
    schema_type="Dataset",
)

CONCEPT = Kind(
    "concept",
    container=False,
    passes_access=False,
    takes_access="versions",
    views=("record-view",),
    downloads=("file-download",),
)
"""All versions of a record or dataset."""

COLLECTION = Kind(
    "collection",
    labels={
        "en": "Collection|Collections",
        "de": "Sammlung|Sammlungen",
        "es": "Colección|Colecciones",
        "fr": "Collection|Collections",
    },
    within=("community", "space"),
    passes_access=False,
    views=("collection-view",),
    downloads=("file-download",),
    ranks="record",
    plural="collections",
    report_columns=(*_NAMED, "created", "views", "last_viewed", *_PARENTS),
    combined=True,
    schema_type="Collection",
)

COMMUNITY = Kind(
    "community",
    labels={
        "en": "Community|Communities",
        "de": "Community|Communitys",
        "es": "Comunidad|Comunidades",
        "fr": "Communauté|Communautés",
    },
    passes_access=False,
    views=("record-view",),
    downloads=("file-download",),
    ranks="record",
    site_rankings=("views",),
    plural="communities",
    report_columns=(*_DATED, *_PARENTS, "parent_communities"),
    combined=True,
    schema_type="Collection",
)

SPACE = Kind(
    "space",
    labels={
        "en": "Space|Spaces",
        "de": "Bereich|Bereiche",
        "es": "Espacio|Espacios",
        "fr": "Espace|Espaces",
    },
    passes_access=False,
    views=("record-view",),
    downloads=("file-download",),
    ranks="record",
    plural="spaces",
    schema_type="Collection",
)

ITEM = Kind("item", within=("document", "location"), container=False)
"""What is lent, a copy of a document."""

DOCUMENT = Kind("document", within=("location",), container=False)
LOCATION = Kind("location")
INSTANCE = Kind("instance")
"""A store, or an installation among several."""

USER = Kind(
    "user",
    container=False,
    content=False,
    normal_id="exact",
    passes_access=False,
    views=("record-view",),
    downloads=("file-download",),
    ranks="record",
    schema_type="Person",
)
"""A person, as the owner of what was used."""

SITE = Kind(
    "site",
    container=False,
    content=False,
    passes_access=False,
    views=("record-view",),
    downloads=("file-download",),
    ranks="record",
    schema_type="DataCatalog",
)
"""Everything: ``site:all``."""

REPORT_COLUMNS = (*_DATED, *_PARENTS)
"""The columns of the report of a kind that says nothing else."""

KINDS: tuple[Kind, ...] = (
    RECORD,
    DATASET,
    CONCEPT,
    FILE,
    BUCKET,
    SIP,
    COLLECTION,
    COMMUNITY,
    SPACE,
    ITEM,
    DOCUMENT,
    LOCATION,
    INSTANCE,
    USER,
    SITE,
)

APART = tuple(sorted(kind.name for kind in KINDS if not kind.content))
"""What a ranking holds only when it is asked for: a person is nobody's content."""
