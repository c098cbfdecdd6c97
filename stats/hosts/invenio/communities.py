"""Requests about communities: submissions, invitations, memberships, subcommunities.

Invenio-Communities has no signals today; what happens there are actions of
request types. Those that Invenio-Requests has registered are counted from the
start of the application on (:func:`count_requests`); :func:`counting` is for a
host's own. The signal of its first releases, ``inclusion_request_created``, is
connected where it still is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar

from flask import Flask

from stats.hosts.invenio.building import emit_now

T = TypeVar("T")

SUBMISSIONS = ("community-submission", "community-inclusion")
SUBMITTING = ("submit", "create")
COUNTED = frozenset(
    {
        *SUBMISSIONS,
        "community-invitation",
        "community-membership-request",
        "subcommunity",
        "subcommunity-invitation",
    }
)
"""Ids of the request types that are about communities."""

_COUNTING = "counted_by_stats"
_log = logging.getLogger(__name__)


def count_requests(app: Flask) -> list[str]:
    """Count the actions of the request types of communities; return the ids of those there are.

    For the entry points ``invenio_base.finalize_app`` and ``api_finalize_app``: by then
    Invenio-Requests has registered all types. Whatever fails here is logged alone.
    """
    requests: Any = app.extensions.get("invenio-requests")
    if requests is None:
        return []
    try:
        registry = requests.request_type_registry
        found = [one for one in registry if one.type_id in COUNTED]
        for one in found:
            registry.register_type(_counted(one), force=True)
    except Exception:
        _log.exception("requests about communities are not counted")
        return []
    return [one.type_id for one in found]


def counting(request_type: type[T]) -> type[T]:
    """Return a request type whose actions are counted once they are committed.

    A submission that is handed in is ``submission-created`` of its record, every
    other action is ``feature-use`` of the community, named ``<type>.<action>``.
    """
    found: Any = request_type
    if getattr(found, _COUNTING, False):
        return request_type
    actions = {
        name: _counting_action(action, name) for name, action in found.available_actions.items()
    }
    names = {"available_actions": actions, _COUNTING: True}
    return type(request_type.__name__, (request_type,), names)


def build_request_event(request: Any, action: str) -> dict[str, Any] | None:
    """Return the event of an action; None for one that is no use of a community."""
    type_id = request.type.type_id
    community = _ref(request.receiver, "community") or _ref(request.topic, "community")
    event = {"id": f"{type_id}.{action}-{request.id}"}
    if type_id not in SUBMISSIONS:
        if community is None:
            return None
        used = {"type": "feature-use", "resource": community, "feature": f"{type_id}.{action}"}
        return {**event, **used}
    record = _ref(request.topic, "record")
    if action not in SUBMITTING or record is None:
        return None
    user = _ref(request.created_by, "user")
    return {
        **event,
        "type": "submission-created",
        "resource": record,
        "parents": [community] if community else [],
        "user_id": user.partition(":")[2] if user else None,
    }


def on_inclusion_requested(sender: Any, *, request: Any = None, **_carried: Any) -> None:
    """Count a record that is handed in, in the first releases of Invenio-Communities."""
    event = {
        "type": "submission-created",
        "id": f"inclusion-{request.id_community}-{request.id_record}",
        "resource": f"record:{request.id_record}",
        "parents": [f"community:{request.id_community}"],
        "user_id": str(request.id_user) if request.id_user else None,
    }
    emit_now(event, request=request)


class _Emission:
    """An operation of a unit of work (invenio-records-resources) that emits after the commit."""

    def __init__(self, event: dict[str, Any], request: Any) -> None:
        self._event = event
        self._request = request

    def on_register(self, uow: Any) -> None:
        """Do nothing yet."""

    def on_commit(self, uow: Any) -> None:
        """Do nothing yet."""

    def on_exception(self, uow: Any, exception: Any) -> None:
        """Do nothing: it did not happen."""

    def on_rollback(self, uow: Any) -> None:
        """Do nothing: it did not happen."""

    def on_post_commit(self, uow: Any) -> None:
        """Emit."""
        emit_now(self._event, request=self._request)


def _counted(registered: Any) -> Any:
    """Return what takes the place of a registered type: an instance, or a class where it is one."""
    if isinstance(registered, type):
        return counting(registered)
    made = copy(registered)
    made.__class__ = counting(type(registered))
    return made


def _counting_action(action: type[Any], name: str) -> type[Any]:
    class Counting(action):  # type: ignore[misc]
        def execute(self, identity: Any, uow: Any, *args: Any, **kwargs: Any) -> Any:
            result = super().execute(identity, uow, *args, **kwargs)
            event = build_request_event(self.request, name)
            if event is not None:
                uow.register(_Emission(event, self.request))
            return result

    Counting.__name__ = action.__name__
    return Counting


def _ref(proxy: Any, kind: str) -> str | None:
    """Return the ref of an entity that a request refers to, if it is of that kind."""
    reference: Mapping[str, str] = getattr(proxy, "reference_dict", None) or {}
    return f"{kind}:{reference[kind]}" if kind in reference else None
