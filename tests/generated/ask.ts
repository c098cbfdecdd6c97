// A program on openapi-fetch with the types of openapi-typescript: prints what the service answers,
// as JSON. Run beside the generated schema.d.ts, with the address of a service and a token.

import createClient from "openapi-fetch";
import type { paths } from "./schema";

declare const process: { argv: string[] };

const [baseUrl, token] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

function there<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("no answer");
  return value;
}

const resource = "record:r1";
const window = { from: "2025-03-01", to: "2025-03-31" };
const months = {
  customer_id: "0000000000000000",
  begin_date: "2025-03",
  end_date: "2025-03",
} as const;

const totals = await client.GET("/api/stats/totals/{ref}", { params: { path: { ref: resource } } });
const histogram = await client.GET("/api/stats/record-view-histogram", {
  params: { query: { resource, ...window, interval: "month" } },
});
const top = await client.GET("/api/stats/top", { params: { query: { kind: "record" } } });
const breakdown = await client.GET("/api/stats/breakdown", {
  params: { query: { by: "country", within: resource, metric: "views" } },
});
const events = await client.GET("/api/events", { params: { query: { type: "record-view" } } });
const table = await client.GET("/api/stats/record-view-histogram.csv", {
  params: { query: { resource, from: "2025-03-01", to: "2025-03-02" } },
  parseAs: "text",
});
const workbook = await client.GET("/api/stats/record-view-histogram.xlsx", {
  params: { query: { resource, from: "2025-03-01", to: "2025-03-02" } },
  parseAs: "blob",
});
const report = await client.GET("/api/counter/r51/reports/pr", { params: { query: months } });
const tabular = await client.GET("/api/counter/r51/reports/ir.tsv", {
  params: { query: months },
  parseAs: "text",
});

const views: number = there(totals.data).views;
const counts: number[] = there(histogram.data).buckets.map(({ count }) => count);
const ranking: string[] = there(top.data).buckets.map((bucket) => bucket.resource);
const resources: string[] = there(events.data).events.map((event) => event.resource);
const csv: string = there(table.data);
const tsv: string = there(tabular.data);
const xlsx = there(workbook.data) as unknown as Blob;
const pr = there(report.data);

console.log(
  JSON.stringify({
    views,
    counts,
    ranking,
    breakdown: there(breakdown.data).total,
    events: resources.sort(),
    csv: csv.split("\r\n")[0].split(",").slice(0, 2),
    xlsx: (await xlsx.text()).slice(0, 2),
    counter: [pr.Report_Header.Report_ID, pr.Report_Items.length],
    tsv: tsv.replace(/^\uFEFF/, "").split("\n")[1].trimEnd().split("\t"),
  }),
);
