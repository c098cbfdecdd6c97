"""What COUNTER 5.1 lists: reports, metrics, data types, attributes, parameters.

Pure definitions, of the reports that a repository has to deliver (COUNTER 5.1,
section 4): the Platform and the Item Report, and their Standard Views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from stats.reports.items import ITEM_DATA_TYPES

RELEASE = "5.1"
WORLD = "0000000000000000"
WORLD_NAME = "The World"

MetricType = Literal[
    "Total_Item_Investigations",
    "Total_Item_Requests",
    "Unique_Item_Investigations",
    "Unique_Item_Requests",
]

METRIC_FIELDS: dict[MetricType, str] = {
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
MULTIMEDIA_DATA_TYPES = ("Audiovisual", "Image", "Interactive_Resource", "Multimedia", "Sound")
PARENT_DATA_TYPES = (
    "Book",
    "Conference",
    "Database_Full",
    "Journal",
    "Newspaper_or_Newsletter",
    "Reference_Work",
)
"""Data types of what an item of an Item Report may be part of."""

ACCESS_TYPES = {"open": "Open", "closed": "Controlled", "restricted": "Controlled"}
ALL_ACCESS_TYPES = ("Controlled", "Free_To_Read", "Open")
ACCESS_METHODS = ("Regular", "TDM")

COMMON = ("customer_id", "requestor_id", "api_key", "platform", "begin_date", "end_date")


@dataclass(frozen=True)
class CounterReport:
    """One report: its id, and what a request for it may name.

    ``view_of`` is the report that a Standard View is a part of, and ``fixed`` are the
    filters that make it one, as its header names them. ``show`` are the
    attributes that are always shown, ``by_data_type`` says whether its lines name one.
    """

    id: str
    name: str
    description: str
    metrics: tuple[str, ...]
    data_types: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    view_of: CounterReport | None = None
    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    show: tuple[str, ...] = ()
    by_data_type: bool = True

    @property
    def full(self) -> CounterReport:
        """Return the report itself, or the one that it is a view of."""
        return self.view_of or self

    @property
    def path(self) -> str:
        """Return the last part of its address."""
        return self.id.lower()


PR = CounterReport(
    "PR",
    "Platform Report",
    "Usage of the whole platform, by data type.",
    (*METRIC_FIELDS, *TITLE_METRICS),
    (*ITEM_DATA_TYPES, *TITLE_DATA_TYPES, "Platform"),
    (
        "metric_type",
        "data_type",
        "access_method",
        "attributes_to_show",
        "granularity",
        "country_code",
    ),
    ("Country_Code", "Access_Method"),
)
IR = CounterReport(
    "IR",
    "Item Report",
    "Usage of each item.",
    (*METRIC_FIELDS, *DENIALS),
    ITEM_DATA_TYPES,
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
    (
        "Country_Code",
        "Authors",
        "Publication_Date",
        "Article_Version",
        "YOP",
        "Access_Type",
        "Access_Method",
    ),
)
PR_P1 = CounterReport(
    "PR_P1",
    "Platform Usage",
    "Requests of the whole platform, by data type.",
    ("Searches_Platform", "Total_Item_Requests", "Unique_Item_Requests", "Unique_Title_Requests"),
    PR.data_types,
    view_of=PR,
    fixed={
        "Access_Method": ("Regular",),
        "Metric_Type": (
            "Searches_Platform",
            "Total_Item_Requests",
            "Unique_Item_Requests",
            "Unique_Title_Requests",
        ),
    },
)
IR_A1 = CounterReport(
    "IR_A1",
    "Journal Article Requests",
    "Requests of each journal article.",
    ("Total_Item_Requests", "Unique_Item_Requests"),
    ("Article",),
    view_of=IR,
    fixed={
        "Access_Method": ("Regular",),
        "Data_Type": ("Article",),
        "Metric_Type": ("Total_Item_Requests", "Unique_Item_Requests"),
    },
    show=("Authors", "Publication_Date", "Article_Version", "Access_Type"),
    by_data_type=False,
)
IR_M1 = CounterReport(
    "IR_M1",
    "Multimedia Item Requests",
    "Requests of each multimedia item.",
    ("Total_Item_Requests", "Unique_Item_Requests"),
    MULTIMEDIA_DATA_TYPES,
    view_of=IR,
    fixed={
        "Access_Method": ("Regular",),
        "Data_Type": MULTIMEDIA_DATA_TYPES,
        "Metric_Type": ("Total_Item_Requests", "Unique_Item_Requests"),
    },
)
COUNTER_REPORTS = {report.path: report for report in (PR, PR_P1, IR, IR_A1, IR_M1)}
"""By the last part of the address."""
