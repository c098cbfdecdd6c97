"""A program on the client of openapi-python-client: prints what the service answers, as JSON.

Run beside the generated package ``usage_client``, with the address of a service and a token.
"""

import json
import sys
from datetime import date

from usage_client import AuthenticatedClient
from usage_client.api.default import (
    counter_report_ir_tsv,
    counter_report_pr,
    get_api_events,
    get_api_stats_breakdown,
    get_api_stats_totals_ref,
    query_record_view_histogram,
    query_record_view_histogram_csv,
    query_record_view_histogram_xlsx,
    query_top,
)
from usage_client.models import (
    Breakdown,
    CounterPR,
    EventPage,
    GetApiStatsBreakdownMetric,
    QueryRecordViewHistogramInterval,
    QueryRecordViewHistogramResponse200,
    QueryTopResponse200,
    Totals,
)
from usage_client.types import File

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)
MONTHS = {"begin_date": "2025-03", "end_date": "2025-03"}

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])

totals = get_api_stats_totals_ref.sync("record:r1", client=client)
assert isinstance(totals, Totals)
views: int = totals.views

histogram = query_record_view_histogram.sync(
    client=client,
    resource="record:r1",
    from_=FIRST,
    to=LAST,
    interval=QueryRecordViewHistogramInterval.MONTH,
)
assert isinstance(histogram, QueryRecordViewHistogramResponse200)
counts: list[int] = [bucket.count for bucket in histogram.buckets]

top = query_top.sync(client=client, kind="record")
assert isinstance(top, QueryTopResponse200)
ranking: list[str] = [bucket.resource for bucket in top.buckets]

breakdown = get_api_stats_breakdown.sync(
    client=client, by="country", within="record:r1", metric=GetApiStatsBreakdownMetric.VIEWS
)
assert isinstance(breakdown, Breakdown)

events = get_api_events.sync(client=client, type_="record-view")
assert isinstance(events, EventPage)
resources: list[str] = [event.resource for event in events.events]

table = query_record_view_histogram_csv.sync(
    client=client, resource="record:r1", from_=FIRST, to=date(2025, 3, 2)
)
assert isinstance(table, str)

workbook = query_record_view_histogram_xlsx.sync(
    client=client, resource="record:r1", from_=FIRST, to=date(2025, 3, 2)
)
assert isinstance(workbook, File)

report = counter_report_pr.sync(client=client, customer_id="0000000000000000", **MONTHS)
assert isinstance(report, CounterPR)
tabular = counter_report_ir_tsv.sync(client=client, customer_id="0000000000000000", **MONTHS)
assert isinstance(tabular, str)

answer = {
    "views": views,
    "counts": counts,
    "ranking": ranking,
    "breakdown": breakdown.total,
    "events": sorted(resources),
    "csv": table.splitlines()[0].split(",")[:2],
    "xlsx": workbook.payload.read(2).decode(),
    "counter": [report.report_header.report_id, len(report.report_items)],
    "tsv": tabular.removeprefix("\ufeff").splitlines()[1].split("\t"),
}
print(json.dumps(answer))
