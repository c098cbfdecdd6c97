"""A request for a COUNTER report, read as the standard wants (A9, A10).

Comes in: the parameters as text. Goes out: a :class:`CounterRequest` with the
remarks that its report must carry, or :class:`CounterError` when there can be
no report. Invariant: a wrong filter or attribute is ignored and
remarked upon; a wrong date or customer is refused; of several refusals the
one with the lowest code is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from stats.reports.counter import exceptions as ex
from stats.reports.counter.definitions import (
    ACCESS_METHODS,
    ALL_ACCESS_TYPES,
    COMMON,
    CounterReport,
)
from stats.reports.months import first_of, last_of, month_before

LIST = "|"
TRUE, FALSE = "True", "False"
DATES = ("begin_date", "end_date")
ATTRIBUTES = (
    *("attributes_to_show", "granularity"),
    *("include_parent_details", "include_component_details"),
)
REPEATED = "is given more than once"
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_YEARS = re.compile(r"([0-9]{4})(?:-([0-9]{4}))?")
_TITLE_ID = re.compile(
    r"(?i:ISSN:|ISBN:|Online_ISSN:|Print_ISSN:)?"
    r"(?:[0-9]{4}-[0-9]{3}[0-9Xx]|97[89][0-9-]{10,14})"
)


@dataclass(frozen=True)
class CounterRequest:
    """What is asked for. A filter that is None lets everything pass.

    ``first`` and ``last`` are the first day of the first month and the last day
    of the last month that can be over; ``asked`` is the last day that was asked for;
    ``filters`` and ``attributes`` are what differs from the default,
    in the form of the report's header.
    """

    report: CounterReport
    first: date
    last: date
    asked: date
    metrics: tuple[str, ...] | None = None
    data_types: tuple[str, ...] | None = None
    access_methods: tuple[str, ...] | None = None
    access_types: tuple[str, ...] | None = None
    years: tuple[tuple[int, int], ...] | None = None
    item_ids: tuple[str, ...] | None = None
    author: str | None = None
    country: str | None = None
    show: tuple[str, ...] = ()
    include_parents: bool = False
    include_components: bool = False
    filters: Mapping[str, list[str] | str] = field(default_factory=dict)
    remarks: tuple[ex.Remark, ...] = ()

    def remarked(self, kind: ex.Kind, data: str) -> CounterRequest:
        """Return the same request with one remark more."""
        return replace(self, remarks=(*self.remarks, ex.Remark(kind, data)))

    def filtered(self, name: str, value: list[str] | str) -> CounterRequest:
        """Return the same request with one more filter named in the header."""
        return replace(self, filters={**self.filters, name: value})


def parse_dates(
    given: Mapping[str, str],
    now: datetime,
    *,
    begun: bool = False,
    repeated: Collection[str] = (),
) -> tuple[date, date]:
    """Return the first and the last day asked for, expanded to whole months.

    The first month must be over, or with ``begun`` must have begun.
    """
    missing = [name for name in DATES if not given.get(name)]
    if missing:
        raise ex.error(ex.INSUFFICIENT_INFORMATION, f"missing: {', '.join(missing)}")
    for name in DATES:
        if name in repeated:
            raise ex.error(ex.INVALID_DATES, f"{name} {REPEATED}")
    first, last = (_parse_date(name, given[name]) for name in DATES)
    if last < first:
        raise ex.error(ex.INVALID_DATES, "end_date is before begin_date")
    this_month = first_of(now.date())
    if first_of(first) > this_month or (first_of(first) == this_month and not begun):
        raise ex.error(ex.INVALID_DATES, "begin_date is in the current or a future month")
    return first_of(first), last_of(last)


def _parse_date(name: str, text: str) -> date:
    full = f"{text}-01" if _MONTH.fullmatch(text) else text
    try:
        if _DATE.fullmatch(full) and date.fromisoformat(full).year < date.max.year:
            return date.fromisoformat(full)
    except ValueError:
        pass  # such as a 30th of February
    raise ex.error(ex.INVALID_DATES, f"{name} must be yyyy-mm or yyyy-mm-dd")


def parse_request(
    report: CounterReport,
    given: Mapping[str, str],
    *,
    now: datetime,
    platform: str,
    repeated: Collection[str] = (),
) -> CounterRequest:
    """Read the parameters of a request for ``report`` that may be made.

    ``repeated`` are those that were given more than once.
    """
    first, asked = parse_dates(given, now, repeated=repeated)
    newest = last_of(month_before(now.date()))
    known = (*COMMON, *report.parameters)
    remarks = remark_names(given, known, repeated=repeated, platform=platform)
    request = _preset(CounterRequest(report, first, min(asked, newest), asked, remarks=remarks))
    for name in report.parameters:
        if name in given and name not in repeated:
            request = _read(request, name, given[name].strip())
    return _without_third_dimension(request)


def _preset(request: CounterRequest) -> CounterRequest:
    """Set the filters and attributes that a Standard View has whatever is asked."""
    fixed = request.report.fixed
    return replace(
        request,
        metrics=fixed.get("Metric_Type"),
        data_types=fixed.get("Data_Type"),
        access_methods=fixed.get("Access_Method"),
        show=request.report.show,
        filters={name: list(values) for name, values in fixed.items()},
    )


def _read(request: CounterRequest, name: str, text: str) -> CounterRequest:
    """Read one parameter; an empty one is no filter, and the report says so."""
    if text:
        return _READERS[name](request, text)
    kind = ex.INVALID_ATTRIBUTE if name in ATTRIBUTES else ex.INVALID_FILTER
    return request.remarked(kind, f"{name}=")


def remark_names(
    given: Mapping[str, str], known: Collection[str], *, repeated: Collection[str], platform: str
) -> tuple[ex.Remark, ...]:
    """Return the remarks on parameters that are ignored: strange ones, repeated filters."""
    remarks = []
    if strange := [name for name in given if name not in known]:
        remarks.append(ex.Remark(ex.UNKNOWN_PARAMETER, ", ".join(strange)))
    if (given.get("platform") or platform) != platform:
        remarks.append(ex.Remark(ex.INVALID_FILTER, f"platform={given['platform']}"))
    for name in repeated:
        if name in known:
            kind = ex.INVALID_ATTRIBUTE if name in ATTRIBUTES else ex.INVALID_FILTER
            remarks.append(ex.Remark(kind, f"{name} {REPEATED}"))
    return tuple(remarks)


def _values(text: str) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in text.split(LIST) if value.strip()))


def _choice(
    name: str, header: str, allowed: Callable[[CounterReport], Sequence[str]], into: str
) -> Callable[[CounterRequest, str], CounterRequest]:
    """Return the reader of a filter that is a list of fixed values."""

    def read(request: CounterRequest, text: str) -> CounterRequest:
        legal = allowed(request.report)
        wanted = [value for value in _values(text) if value in legal]
        if wrong := [value for value in _values(text) if value not in legal]:
            request = request.remarked(ex.INVALID_FILTER, f"{name}={LIST.join(wrong)}")
        if not wanted or set(wanted) == set(legal):  # nothing is left of it, or it is the default
            return request
        return replace(request, **{into: tuple(wanted)}).filtered(header, wanted)  # type: ignore[arg-type]

    return read


def _read_years(request: CounterRequest, text: str) -> CounterRequest:
    found = [(value, _YEARS.fullmatch(value)) for value in _values(text)]
    spans = [(v, int(m[1]), int(m[2] or m[1])) for v, m in found if m]
    wrong = [value for value, match in found if match is None]
    wrong += [value for value, first, last in spans if last < first]
    right = [(v, first, last) for v, first, last in spans if first <= last]
    if wrong:
        request = request.remarked(ex.INVALID_FILTER, f"yop={LIST.join(wrong)}")
    if not right:
        return request
    request = replace(request, years=tuple((first, last) for _, first, last in right))
    return request.filtered("YOP", [value for value, _, _ in right])


def _read_item_ids(request: CounterRequest, text: str) -> CounterRequest:
    values = _values(text)
    titles = [value for value in values if _TITLE_ID.fullmatch(value)]
    if titles:
        kind = ex.INVALID_FILTER if len(titles) == len(values) else ex.INCONGRUOUS_FILTER
        return request.remarked(kind, f"item_id={LIST.join(titles)}")
    if not values:
        return request
    return replace(request, item_ids=tuple(values)).filtered("Item_ID", LIST.join(values))


def _read_author(request: CounterRequest, text: str) -> CounterRequest:
    return replace(request, author=text).filtered("Author", text)


def _read_country(request: CounterRequest, text: str) -> CounterRequest:
    if not _COUNTRY.fullmatch(text):
        return request.remarked(ex.INVALID_FILTER, f"country_code={text}")
    return replace(request, country=text).filtered("Country_Code", text)


def _read_show(request: CounterRequest, text: str) -> CounterRequest:
    legal = request.report.attributes
    wanted = _values(text)
    if wrong := [value for value in wanted if value not in legal]:
        request = request.remarked(ex.INVALID_ATTRIBUTE, f"attributes_to_show={LIST.join(wrong)}")
    return replace(request, show=tuple(value for value in legal if value in wanted))


def _read_granularity(request: CounterRequest, text: str) -> CounterRequest:
    if text == "Month":
        return request
    return request.remarked(ex.INVALID_ATTRIBUTE, f"granularity={text}")


def _read_parents(request: CounterRequest, text: str) -> CounterRequest:
    if text not in (TRUE, FALSE):
        return request.remarked(ex.INVALID_ATTRIBUTE, f"include_parent_details={text}")
    return replace(request, include_parents=text == TRUE)


def _read_components(request: CounterRequest, text: str) -> CounterRequest:
    if text == FALSE:
        return request
    if text == TRUE:
        request = replace(request, include_components=True)
        return request.remarked(ex.COMPONENTS_NOT_SUPPORTED, "")
    return request.remarked(ex.INVALID_ATTRIBUTE, f"include_component_details={text}")


def _without_third_dimension(request: CounterRequest) -> CounterRequest:
    """Leave out access types where countries are asked for: no day's document has both."""
    if not (request.country or "Country_Code" in request.show):
        return request
    if "Access_Type" in request.show:
        show = tuple(name for name in request.show if name != "Access_Type")
        data = "attributes_to_show=Access_Type (not together with countries)"
        request = replace(request, show=show).remarked(ex.INVALID_ATTRIBUTE, data)
    if request.access_types:
        filters = {k: v for k, v in request.filters.items() if k != "Access_Type"}
        request = replace(request, access_types=None, filters=filters)
        data = "access_type (not together with countries)"
        request = request.remarked(ex.INVALID_FILTER, data)
    return request


_READERS: dict[str, Callable[[CounterRequest, str], CounterRequest]] = {
    "metric_type": _choice("metric_type", "Metric_Type", lambda r: r.metrics, "metrics"),
    "data_type": _choice("data_type", "Data_Type", lambda r: r.data_types, "data_types"),
    "access_method": _choice(
        "access_method", "Access_Method", lambda _: ACCESS_METHODS, "access_methods"
    ),
    "access_type": _choice(
        "access_type", "Access_Type", lambda _: ALL_ACCESS_TYPES, "access_types"
    ),
    "yop": _read_years,
    "item_id": _read_item_ids,
    "author": _read_author,
    "country_code": _read_country,
    "attributes_to_show": _read_show,
    "granularity": _read_granularity,
    "include_parent_details": _read_parents,
    "include_component_details": _read_components,
}
