"""The one place where a view asks whether its caller may do what they ask for.

Comes in: what is wanted; who wants it is the current request's. Invariant:
every view calls one of these before it reads or writes anything; a
refusal is an ``AccessError``, so 401 without an identity and 403 with one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stats.errors import AccessError
from stats.permissions.policy import Action, AuditScope
from stats.permissions.rankings import fold_unseen
from stats.permissions.visibility import Visible
from stats.proxies import current_stats
from stats.queries.types import Answer
from stats.reports.tables import Table
from stats.views.identity import caller, is_forged
from stats.views.patience import patience

BREAKDOWN = "breakdown"
"""What the breakdown over all event types is called where queries have names."""


def require(action: Action) -> None:
    """Raise unless a role of the caller allows ``action``."""
    current_stats.policy.check(caller(), action)


def require_write(action: Action) -> None:
    """As :func:`require`, and whom the host signed in must not be sent by another site's page."""
    require(action)
    if caller().source == "host" and is_forged():
        raise AccessError("pages of other sites may not do this", signed_in=True)


def require_resource(ref: str) -> None:
    """Raise unless the caller may see the statistics of ``ref``."""
    current_stats.policy.check_resources(caller(), [ref])


def refusals(refs: Sequence[str]) -> dict[str, AccessError]:
    """Return why, of a batch, those are refused that the caller may not see."""
    readable = current_stats.policy.readable(caller(), refs)
    return {ref: current_stats.policy.refusal(caller(), ref) for ref in refs if ref not in readable}


def ask(name: str, params: Mapping[str, object]) -> Answer:
    """Run a named query for the caller; a ranking has what they may see."""
    return current_stats.query(name, params, identity=caller(), patience=patience())


def ask_table(name: str, params: Mapping[str, object]) -> Table:
    """Run a named query for the caller, as a table of all rows unless ``size`` is given."""
    return current_stats.table(name, params, identity=caller(), patience=patience())


def check_points(calls: Iterable[tuple[str, Mapping[str, object]]]) -> None:
    """Refuse queries whose answers have too many buckets together, before any is run."""
    points = sum(current_stats.count_points(name, params) for name, params in calls)
    current_stats.limits.check_points(points)


def require_breakdown(given: Mapping[str, str], *, within: str, by: str) -> None:
    """Raise unless the caller may see how the use of ``within`` divides by ``by``."""
    params = {"resource": within, "breakdown": by}
    current_stats.policy.check_query(caller(), BREAKDOWN, scope="named", given=given, params=params)


def exact(refs: Iterable[str]) -> set[str]:
    """Return those of ``refs`` whose last uses the caller gets to the millisecond."""
    return current_stats.policy.exact(caller(), refs)


def minimum_count(within: str) -> int:
    """Return how many events a place below the country needs to stand alone in an answer."""
    return current_stats.policy.minimum(caller(), {"resource": within})


def reads_exact() -> bool:
    """Return whether the caller gets exact times of last use in reports."""
    return current_stats.policy.reads_exact(caller()) or caller().has("curator")


def hide_unseen(answer: Answer) -> Answer:
    """Return a breakdown by resources in which those are one bucket that the caller may not see."""
    visible = current_stats.policy.filter(caller())
    return answer if visible is None else fold_unseen(answer, visible=visible)


def may_list(name: str) -> bool:
    """Return whether the caller may run a named query with some parameters."""
    return current_stats.policy.may_list(caller(), name)


def report_filter(*, by_user: bool) -> Visible | None:
    """Return what filters the rows of a metrics report (None: nothing does); raise if refused."""
    return current_stats.policy.report_filter(caller(), by_user=by_user)


def audit_scope(user: str | None) -> AuditScope:
    """Return which events the caller may read when they ask for those of ``user``."""
    return current_stats.policy.audit_scope(caller(), user)
