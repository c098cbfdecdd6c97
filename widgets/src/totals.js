// In: refs that elements ask for one by one. Out: each one's totals.
// Always: refs asked for in the same task go out together, in requests of at most 1,000 refs
// and of an address that common proxies accept. One ref that may not be seen, or that the
// service cannot read (then each is asked again), does not hide the others of a page.
import { runAsked } from "./batch.js";
import { runGet } from "./client.js";
import { Problem } from "./problem.js";

const MOST_REFS = 1000;
const LONGEST_QUERY = 7000;
const waiting = new Map();

/** Divide refs into lists that one request can carry. */
export function buildBatches(refs) {
  const batches = [];
  let room = 0;
  for (const ref of refs) {
    const length = encodeURIComponent(ref).length + "&ref=".length;
    if (room < length || batches.at(-1).length === MOST_REFS) {
      batches.push([]);
      room = LONGEST_QUERY;
    }
    batches.at(-1).push(ref);
    room -= length;
  }
  return batches;
}

/** Pick one ref's totals out of an answer for many. */
export function readTotals(answer, ref) {
  const totals = answer?.[ref];
  if (!totals) throw new Problem("unknown", "resource");
  if (totals.error) throw new Problem("denied", "resource");
  return totals;
}

const runOne = (service, ref) => runGet(service, `totals/${encodeURIComponent(ref)}`);

function runBatch(service, refs) {
  const answer = runAsked(service, "totals", { ref: refs });
  return (ref) =>
    answer.then(
      (totals) => readTotals(totals, ref),
      (problem) => {
        if (refs.length > 1 && problem.kind === "attribute") return runOne(service, ref);
        throw problem;
      },
    );
}

function runAll(service, asked) {
  for (const refs of buildBatches(asked.keys())) {
    const totalsOf = runBatch(service, refs);
    for (const ref of refs) asked.get(ref).resolve(totalsOf(ref));
  }
}

/** Get the totals of a ref, together with all others asked for now. */
export function runTotals(service, ref) {
  const key = `${service.api} ${service.token}`;
  if (!waiting.has(key)) {
    const asked = new Map();
    waiting.set(key, asked);
    setTimeout(() => {
      waiting.delete(key);
      runAll(service, asked);
    });
  }
  const asked = waiting.get(key);
  if (!asked.has(ref)) {
    const entry = {};
    entry.promise = new Promise((resolve) => (entry.resolve = resolve));
    asked.set(ref, entry);
  }
  return asked.get(ref).promise;
}
