"""``STATS_RESOURCE_VISIBILITY`` of InvenioRDM: whose statistics somebody may see.

Comes in: refs, up to a thousand, and who asks. Goes out: those whose record or
community InvenioRDM would show them, by its own permissions, in one search a kind.
Raises ``StoreUnavailable`` when an index does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import g, has_request_context

from stats.hosts.invenio.rdm.index import PUBLISHED, translated
from stats.permissions import Identity
from stats.permissions.visibility import run_visible
from stats.proxies import current_stats
from stats.refs import kind_of, split_ref

RECORD, CONCEPT, FILE, COMMUNITY = "record", "concept", "file", "community"
_OWN = frozenset({RECORD, CONCEPT, FILE, COMMUNITY})


def visible(refs: Sequence[str], identity: Identity) -> set[str]:
    """Return those of ``refs`` whose statistics ``identity`` may see."""
    asked = _by_kind(refs)
    resources = current_stats.stores.resources
    by_default = run_visible(
        identity, refs, kinds=current_stats.kinds, resources=resources, host=None
    )
    found = {ref for ref in by_default if kind_of(ref) not in _OWN}
    needs = to_invenio(identity)
    files = _records_of_files(asked[FILE], current_stats.stores.resources.read(asked[FILE]))
    records = {*asked[RECORD], *filter(None, files.values())}
    seen = run_seen_records(needs, RECORD, sorted(records)) if records else set()
    found |= seen & set(asked[RECORD])
    found |= {ref for ref, record in files.items() if _sees(ref, record, seen, by_default)}
    if asked[CONCEPT]:
        found |= run_seen_records(needs, CONCEPT, asked[CONCEPT])
    if asked[COMMUNITY]:
        found |= run_seen_communities(needs, asked[COMMUNITY])
    return found


def run_seen_records(identity: Any, kind: str, refs: Sequence[str]) -> set[str]:
    """Return the records, or concepts of records, that an identity of Invenio may read."""
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415
    from invenio_search.engine import dsl  # noqa: PLC0415

    service = current_rdm_records_service
    field = "id" if kind == RECORD else "parent.id"
    wanted = dsl.Q("terms", **{field: [split_ref(ref)[1] for ref in refs]})
    published = dsl.Q("term", deletion_status=PUBLISHED)
    return _run_ids(service, identity, field, wanted & published, kind=kind, size=len(refs))


def run_seen_communities(identity: Any, refs: Sequence[str]) -> set[str]:
    """Return the communities that an identity of Invenio may read."""
    from invenio_communities.proxies import current_communities  # noqa: PLC0415
    from invenio_search.engine import dsl  # noqa: PLC0415

    wanted = dsl.Q("terms", id=[split_ref(ref)[1] for ref in refs])
    service = current_communities.service
    return _run_ids(service, identity, "id", wanted, kind=COMMUNITY, size=len(refs))


def to_invenio(identity: Identity) -> Any:
    """Return the identity of Invenio: that of the request, or of the user whom a token names."""
    from flask_principal import AnonymousIdentity  # noqa: PLC0415
    from invenio_access.permissions import any_user, authenticated_user  # noqa: PLC0415
    from invenio_access.utils import get_identity  # noqa: PLC0415

    if has_request_context() and identity.source in ("host", "nobody") and hasattr(g, "identity"):
        return g.identity
    user = _find_user(identity.user_id) if identity.user_id else None
    found = AnonymousIdentity() if user is None else get_identity(user)
    found.provides |= {any_user} if user is None else {any_user, authenticated_user}
    return found


def _run_ids(
    service: Any, identity: Any, field: str, wanted: Any, *, kind: str, size: int
) -> set[str]:
    search = service.create_search(
        identity, service.record_cls, service.config.search, extra_filter=wanted
    )
    search = search.extra(size=0)
    search.aggs.bucket("seen", "terms", field=field, size=size)
    with translated():
        buckets = search.execute().aggregations.seen.buckets
    return {f"{kind}:{bucket.key}" for bucket in buckets}


def _sees(ref: str, record: str | None, seen: set[str], by_default: set[str]) -> bool:
    """A file is as open as its record, and its own restriction is told by our own rule."""
    return ref in by_default and (record is None or record in seen)


def _records_of_files(
    files: Iterable[str], described: Mapping[str, Mapping[str, Any]]
) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for ref in files:
        parents = described.get(ref, {}).get("parents") or ()
        found[ref] = next((p for p in parents if kind_of(p) == RECORD), None)
    return found


def _find_user(user_id: str) -> Any:
    from invenio_accounts.proxies import current_datastore  # noqa: PLC0415 - optional

    return current_datastore.get_user(user_id)


def _by_kind(refs: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {kind: [] for kind in _OWN}
    for ref in refs:
        found.setdefault(kind_of(ref), []).append(ref)
    return found
