"""The exceptions of COUNTER 5.1, table D.1: code, exact message, HTTP status.

Those of status 200 go into the header of a report; every other one is the
whole answer. A message is never changed: what there is to say about a case is
in ``Data``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stats.errors import CounterError


@dataclass(frozen=True)
class Kind:
    """One row of table D.1."""

    code: int
    message: str
    status: int


SERVICE_NOT_AVAILABLE = Kind(1000, "Service Not Available", 503)
SERVICE_BUSY = Kind(1010, "Service Busy", 503)
QUEUED = Kind(1011, "Report Queued for Processing", 202)
TOO_MANY_REQUESTS = Kind(1020, "Client has made too many requests", 429)
INSUFFICIENT_INFORMATION = Kind(1030, "Insufficient Information to Process Request", 400)
REQUESTOR_NOT_AUTHORIZED = Kind(2000, "Requestor Not Authorized to Access Service", 401)
NOT_AUTHORIZED_FOR_INSTITUTION = Kind(
    2010, "Requestor is Not Authorized to Access Usage for Institution", 403
)
GLOBAL_NOT_SUPPORTED = Kind(2011, "Global Reports Not Supported", 403)
API_KEY_INVALID = Kind(2020, "APIKey Invalid", 401)
INVALID_DATES = Kind(3020, "Invalid Date Arguments", 400)
NO_USAGE = Kind(3030, "No Usage Available for Requested Dates", 200)
NOT_READY = Kind(3031, "Usage Not Ready for Requested Dates", 200)
NO_LONGER_AVAILABLE = Kind(3032, "Usage No Longer Available for Requested Dates", 200)
PARTIAL_DATA = Kind(3040, "Partial Data Returned", 200)
UNKNOWN_PARAMETER = Kind(3050, "Parameter Not Recognized in this Context", 200)
INVALID_FILTER = Kind(3060, "Invalid ReportFilter Value", 200)
INCONGRUOUS_FILTER = Kind(3061, "Incongruous ReportFilter Value", 200)
INVALID_ATTRIBUTE = Kind(3062, "Invalid ReportAttribute Value", 200)
COMPONENTS_NOT_SUPPORTED = Kind(3063, "Components Not Supported", 200)
FILTER_MISSING = Kind(3070, "Required ReportFilter Missing", 200)

KINDS = (
    SERVICE_NOT_AVAILABLE,
    SERVICE_BUSY,
    QUEUED,
    TOO_MANY_REQUESTS,
    INSUFFICIENT_INFORMATION,
    REQUESTOR_NOT_AUTHORIZED,
    NOT_AUTHORIZED_FOR_INSTITUTION,
    GLOBAL_NOT_SUPPORTED,
    API_KEY_INVALID,
    INVALID_DATES,
    NO_USAGE,
    NOT_READY,
    NO_LONGER_AVAILABLE,
    PARTIAL_DATA,
    UNKNOWN_PARAMETER,
    INVALID_FILTER,
    INCONGRUOUS_FILTER,
    INVALID_ATTRIBUTE,
    COMPONENTS_NOT_SUPPORTED,
    FILTER_MISSING,
)
"""All of table D.1; not every one is answered here (docs/reports.md)."""


@dataclass(frozen=True)
class Remark:
    """An exception as it is answered: what kind, and about what."""

    kind: Kind
    data: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        body: dict[str, Any] = {"Code": self.kind.code, "Message": self.kind.message}
        return body | ({"Data": self.data} if self.data else {})

    def to_text(self) -> str:
        """Return the form in a table (COUNTER 5.1, section 3.2)."""
        detail = f" ({self.data})" if self.data else ""
        return f"{self.kind.code}: {self.kind.message}{detail}"


def error(kind: Kind, data: str = "") -> CounterError:
    """Return the error that makes ``kind`` the whole answer."""
    return CounterError(kind.message, code=kind.code, status=kind.status, data=data)
