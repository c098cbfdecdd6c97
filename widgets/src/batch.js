// In: queries that the elements of a page ask one by one. Out: each one's answer.
// Always: queries asked for in the same task go out together, three or more in one POST; fewer
// are GETs, which caches and ETags work with. A query that is refused does not hide the others:
// each is then asked alone. The body is text to the browser, so no preflight is needed.
import { buildUrl, runFetch, runGet } from "./client.js";

const FEWEST = 3;
const waiting = new Map();

/** Write one query as the POST takes it; totals of many refs are one of them. */
export function buildCall(path, params = {}) {
  if (path === "totals") return { totals: [params.ref].flat() };
  const given = Object.entries(params).filter(([, value]) => value != null && value !== "");
  return { stat: path, params: Object.fromEntries(given) };
}

/** Whether a refused batch may be one query's fault: not when it is too many requests. */
const isPartly = ({ status }) => status >= 400 && status < 500 && status !== 429;

async function runTogether(service, asked) {
  const calls = asked.map(({ path, params }, i) => [i, buildCall(path, params)]);
  const body = JSON.stringify(Object.fromEntries(calls));
  try {
    const url = `${service.api}/api/stats`;
    const answers = await runFetch(url, service.token, { method: "POST", body });
    asked.forEach(({ resolve }, i) => resolve(answers[i]));
  } catch (problem) {
    if (isPartly(problem)) runAlone(service, asked);
    else for (const { reject } of asked) reject(problem);
  }
}

function runAlone(service, asked) {
  for (const { path, params, resolve } of asked) resolve(runGet(service, path, params));
}

function run(service, asked) {
  if (asked.length < FEWEST) runAlone(service, asked);
  else runTogether(service, asked);
}

/** Get one answer of the service `{api, token}`, together with all others asked for now. */
export function runAsked(service, path, params) {
  const place = `${service.api} ${service.token}`;
  if (!waiting.has(place)) {
    const asked = new Map();
    waiting.set(place, asked);
    setTimeout(() => {
      waiting.delete(place);
      run(service, [...asked.values()]);
    });
  }
  const asked = waiting.get(place);
  const key = buildUrl("", path, params);
  if (!asked.has(key)) {
    const entry = { path, params };
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    asked.set(key, entry);
  }
  return asked.get(key).promise;
}
