"""What InvenioRDM's own search index says of its records and communities.

Comes in: ids. Goes out: the parts of documents that are asked for, in one search
a batch. An index that does not answer raises ``StoreUnavailable``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from stats.errors import StoreUnavailable

ENGINE = "the search engine of InvenioRDM"
PUBLISHED = "P"

Source = Mapping[str, Any]


@contextmanager
def translated() -> Iterator[None]:
    """Turn the exceptions of its client into "try again"."""
    from invenio_search.engine import search  # noqa: PLC0415 - optional

    try:
        yield
    except search.exceptions.OpenSearchException as error:
        raise StoreUnavailable(ENGINE, str(error)) from error


def run_records(
    field: str, values: Sequence[str], fields: Sequence[str]
) -> Iterator[tuple[str, Source]]:
    """Yield UUID and ``fields`` of the published records whose ``field`` is one of ``values``."""
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415
    from invenio_search import current_search_client  # noqa: PLC0415
    from invenio_search.engine import dsl  # noqa: PLC0415
    from invenio_search.utils import prefix_index  # noqa: PLC0415

    index = prefix_index(current_rdm_records_service.record_cls.index._name)
    search = dsl.Search(using=current_search_client, index=index)
    search = search.filter("terms", **{field: list(values)}).source(list(fields))
    with translated():
        for hit in search.scan():
            yield hit.meta.id, hit.to_dict()


def run_communities(ids: Sequence[str]) -> Iterator[tuple[str, Source]]:
    """Yield id and title, slug and access of communities."""
    from invenio_communities.proxies import current_communities  # noqa: PLC0415
    from invenio_search import current_search_client  # noqa: PLC0415
    from invenio_search.engine import dsl  # noqa: PLC0415
    from invenio_search.utils import prefix_index  # noqa: PLC0415

    index = prefix_index(current_communities.service.record_cls.index._name)
    search = dsl.Search(using=current_search_client, index=index)
    search = search.filter("terms", id=list(ids)).source(["id", "slug", "metadata.title", "access"])
    with translated():
        for hit in search.scan():
            found = hit.to_dict()
            yield found["id"], found
