"""``loan_state_changed`` of invenio-circulation, and loans that become overdue.

Invariant: an id made of the loan, so that a repeated signal or a second
search for overdue loans counts nothing twice; the patron is in no event but as
a keyed hash in ``extra``, for investigations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from flask import current_app

from stats.hosts.invenio.building import emit_now
from stats.times import parse_time, utc_now

Loan = Mapping[str, Any]
Event = dict[str, Any]

PENDING, ON_LOAN = "PENDING", "ITEM_ON_LOAN"
GIVEN_BACK = ("ITEM_RETURNED", "ITEM_IN_TRANSIT_TO_HOUSE")
"""Of an item given back at another desk, the way home is not a second return."""


def on_loan_changed(
    sender: Any,
    *,
    initial_loan: Loan | None = None,
    loan: Loan | None = None,
    trigger: str = "next",
    **_carried: Any,
) -> None:
    """Count a request, a loan, a renewal or a return."""
    if initial_loan is None or loan is None:
        return
    type_name = type_of(initial_loan["state"], loan["state"], trigger)
    if type_name is not None:
        event = build_loan_event(type_name, loan, key=_key())
        if type_name == "loan-return":
            event["value"] = length_of(loan, utc_now())
        emit_now(event, loan=loan, initial_loan=initial_loan, trigger=trigger)


def type_of(before: str, after: str, trigger: str) -> str | None:
    """Return the type of event that a change of state is; None for steps between."""
    if after == PENDING and before != PENDING:
        return "loan-request"
    if after == ON_LOAN and before != ON_LOAN:
        return "loan-checkout"
    if after == ON_LOAN and trigger == "extend":
        return "loan-extend"
    return "loan-return" if before == ON_LOAN and after in GIVEN_BACK else None


def build_loan_event(type_name: str, loan: Loan, *, key: bytes | None) -> Event:
    """Return the event: of the item where there is one, else of the document."""
    item, document = loan.get("item_pid"), loan.get("document_pid")
    named = [
        f"item:{item['value']}" if item else None,
        f"document:{document}" if document else None,
    ]
    resource, *parents = [ref for ref in named if ref]
    place = loan.get("transaction_location_pid")
    number = loan.get("extension_count") or 0
    return {
        "type": type_name,
        "id": f"{type_name}-{loan['pid']}" + (f"-{number}" if type_name == "loan-extend" else ""),
        "resource": resource,
        "parents": [*parents, *([f"location:{place}"] if place else [])],
        "extra": {"patron": _hash(loan.get("patron_pid"), key)} if key else None,
    }


def length_of(loan: Loan, now: datetime) -> float | None:
    """Return the seconds since a loan began; None when it does not say when."""
    try:
        return max(0.0, (now - parse_time(str(loan.get("start_date")))).total_seconds())
    except ValueError:
        return None


def list_overdue(
    loans: Iterable[Loan], today: date, *, key: bytes | None
) -> Iterator[dict[str, Any]]:
    """Yield an event for each loan whose last day has passed; a renewed one may be late again."""
    for loan in loans:
        end = str(loan.get("end_date") or "")[:10]
        if loan["state"] == ON_LOAN and end and end < today.isoformat():
            event = build_loan_event("loan-overdue", loan, key=key)
            yield {**event, "id": f"{event['id']}-{end}"}


def run_overdue() -> int:
    """Emit the loans that are overdue; return how many the search found."""
    from invenio_circulation.proxies import current_circulation  # noqa: PLC0415 - optional

    today = utc_now().date()
    search = current_circulation.loan_search_cls().filter("term", state=ON_LOAN)
    loans = (hit.to_dict() for hit in search.filter("range", end_date={"lt": str(today)}).scan())
    events = list(list_overdue(loans, today, key=_key()))
    for event in events:
        emit_now(event)
    return len(events)


def _key() -> bytes | None:
    secret = current_app.secret_key
    return secret.encode() if isinstance(secret, str) else secret


def _hash(patron: object, key: bytes | None) -> str:
    return blake2b(str(patron).encode(), key=(key or b"")[:64], digest_size=16).hexdigest()
