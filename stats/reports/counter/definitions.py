"""What COUNTER 5.1 lists: reports, metrics, data types, attributes, parameters (A4, A5, A9).

Pure definitions, those of the reports a repository has to deliver: PR and IR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stats.reports.items import ITEM_DATA_TYPES

RELEASE = "5.1"
WORLD = "0000000000000000"
WORLD_NAME = "The World"

Metric = Literal[
    "Total_Item_Investigations",
    "Total_Item_Requests",
    "Unique_Item_Investigations",
    "Unique_Item_Requests",
]

METRIC_FIELDS: dict[Metric, str] = {
    "Total_Item_Investigations": "total_investigations",
    "Total_Item_Requests": "total_requests",
    "Unique_Item_Investigations": "unique_investigations",
    "Unique_Item_Requests": "unique_requests",
}
"""What we count, and the field of a usage document that it is."""

TITLE_METRICS = (
    "Searches_Platform",
    "Unique_Title_Investigations",
    "Unique_Title_Requests",
)
"""Metrics of a platform that a repository has no events for: legal, and always empty."""

DENIALS = ("No_License", "Limit_Exceeded")

TITLE_DATA_TYPES = (
    "Book",
    "Conference",
    "Journal",
    "Newspaper_or_Newsletter",
    "Reference_Work",
)
ACCESS_TYPES = {"open": "Open", "closed": "Controlled", "restricted": "Controlled"}
ALL_ACCESS_TYPES = ("Controlled", "Free_To_Read", "Open")
ACCESS_METHODS = ("Regular", "TDM")

COMMON = ("customer_id", "requestor_id", "api_key", "platform", "begin_date", "end_date")


@dataclass(frozen=True)
class CounterReport:
    """One report: its id, and what a request for it may name."""

    id: str
    name: str
    description: str
    parameters: tuple[str, ...]
    attributes: tuple[str, ...]
    metrics: tuple[str, ...]
    data_types: tuple[str, ...]


PR = CounterReport(
    "PR",
    "Platform Report",
    "Usage of the whole platform, by data type.",
    (
        "metric_type",
        "data_type",
        "access_method",
        "attributes_to_show",
        "granularity",
        "country_code",
    ),
    ("Access_Method", "Country_Code"),
    (*METRIC_FIELDS, *TITLE_METRICS),
    (*ITEM_DATA_TYPES, *TITLE_DATA_TYPES, "Platform"),
)
IR = CounterReport(
    "IR",
    "Item Report",
    "Usage of each item.",
    (
        "metric_type",
        "data_type",
        "access_method",
        "access_type",
        "yop",
        "item_id",
        "author",
        "attributes_to_show",
        "granularity",
        "country_code",
        "include_parent_details",
        "include_component_details",
    ),
    ("YOP", "Access_Type", "Access_Method", "Authors", "Publication_Date", "Country_Code"),
    (*METRIC_FIELDS, *DENIALS),
    ITEM_DATA_TYPES,
)
COUNTER_REPORTS = {"pr": PR, "ir": IR}
"""By the last part of the address."""
