// In: the address of the service, a path, parameters, a token. Out: the JSON of the answer.
// Always: a GET that caches and ETags work with; the token only in a header; every failure
// is a Problem; the same request asked for twice at a time is sent once.
import { Problem } from "./problem.js";

const TIMEOUT_MS = 10_000;
const KINDS = { 400: "attribute", 401: "denied", 403: "denied", 404: "unknown" };
const pending = new Map();

/** Return the address of `path` under `/api/stats/`; empty parameters are left out. */
export function buildUrl(api, path, params = {}) {
  const pairs = Object.entries(params)
    .flatMap(([name, values]) => [values].flat().map((value) => [name, value]))
    .filter(([, value]) => value != null && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%3A", ":")}`);
  return `${api}/api/stats/${path}${pairs.length ? "?" : ""}${pairs.join("&")}`;
}

/** Turn a response into its JSON, or into `form`, or raise the Problem that its status means. */
export async function readAnswer(response, form = "json") {
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    const kind = KINDS[response.status] ?? "down";
    throw new Problem(kind, body?.error?.field, response.status);
  }
  return response[form]();
}

/** Fetch JSON, or `form`; `options` are those of `fetch`. Every failure is a Problem. */
export async function runFetch(url, token, options, form, ms = TIMEOUT_MS) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    return await readAnswer(await fetch(url, { ...options, headers, signal: stop.signal }), form);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(stop.signal.aborted ? "slow" : "down");
  } finally {
    clearTimeout(timer);
  }
}

/** Get one answer of the service `{api, token}`, as JSON or in another `form` of `fetch`. */
export function runGet(service, path, params, form, ms) {
  const url = buildUrl(service.api, path, params);
  const key = `${service.token} ${url}`;
  if (!pending.has(key)) {
    const answer = runFetch(url, service.token, {}, form, ms).finally(() => pending.delete(key));
    pending.set(key, answer);
  }
  return pending.get(key);
}
