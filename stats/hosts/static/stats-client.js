/**
 * A client of the statistics service, for pages and for programs.
 *
 *   import { StatsClient } from "/widgets/stats-client.js";
 *   const stats = new StatsClient();
 *   const { views, downloads } = await stats.totals("record:r1");
 *   await stats.query("record-view-histogram", { resource: "record:r1", interval: "month" });
 *
 * Calls of `totals` in one turn of the event loop are one request, whatever the number of counters
 * on a page. `publish` needs a writer's token: use it in programs and behind a login, never in a
 * public page, where everybody could read the token.
 */

const MOST_REFS = 100; // an address must not grow too long
const BUSY = new Set([429, 502, 503, 504]);

export class StatsError extends Error {
  constructor(status, { code = "", message = "", field = "" } = {}) {
    super(message || `the service answered ${status}`);
    Object.assign(this, { name: "StatsError", status, code, field });
  }
}

export class StatsClient {
  #base;
  #token;
  #tries;
  #pause;
  #asked = new Map();

  /** `base` is where the service is; by default where this module comes from. */
  constructor({ base, token = "", tries = 4, pause = 300 } = {}) {
    this.#base = new URL(base ?? "..", base ? globalThis.location?.href : import.meta.url).href;
    if (!this.#base.endsWith("/")) this.#base += "/";
    this.#token = token;
    this.#tries = tries;
    this.#pause = pause;
  }

  /** The totals of one resource; a promise that is shared by all who ask in the same turn. */
  totals(ref) {
    if (!this.#asked.size) queueMicrotask(() => this.#askTogether());
    if (!this.#asked.has(ref)) {
      const waiting = {};
      waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject }));
      this.#asked.set(ref, waiting);
    }
    return this.#asked.get(ref).promise;
  }

  /** The answer of a named query. */
  query(name, parameters = {}) {
    const given = Object.entries(parameters).filter(([, value]) => value != null);
    return this.#call(`api/stats/${encodeURIComponent(name)}?${new URLSearchParams(given)}`);
  }

  /**
   * Sends events; each has an id from the first try on, so that it is counted once. Returns those
   * that were rejected, with `index`, `code` and `message`; its `warnings` are the same about fields
   * of accepted events that were left out or cut.
   */
  async publish(...events) {
    const timestamp = new Date().toISOString();
    const sent = events.map((event) => ({ id: crypto.randomUUID(), timestamp, ...event }));
    const body = JSON.stringify(sent);
    const answer = await this.#call("api/events", { method: "POST", body, keepalive: true });
    return Object.assign(answer.rejected, { warnings: answer.warnings ?? [] });
  }

  async #askTogether() {
    const asked = [...this.#asked];
    this.#asked.clear();
    for (let start = 0; start < asked.length; start += MOST_REFS) {
      this.#askSome(asked.slice(start, start + MOST_REFS));
    }
  }

  async #askSome(asked) {
    const refs = new URLSearchParams(asked.map(([ref]) => ["ref", ref]));
    try {
      const found = await this.#call(`api/stats/totals?${refs}`);
      for (const [ref, { resolve, reject }] of asked) {
        const { error } = found[ref];
        if (error) reject(new StatsError(403, error));
        else resolve(found[ref]);
      }
    } catch (error) {
      for (const [, { reject }] of asked) reject(error);
    }
  }

  async #call(path, options = {}) {
    const headers = { Accept: "application/json" };
    if (options.body) headers["Content-Type"] = "application/json";
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    // A redirect would lose what is sent, or take the token elsewhere.
    const redirect = options.body || this.#token ? "error" : "follow";
    for (let pause = this.#pause, tries = this.#tries; ; pause *= 2) {
      const response = await fetch(this.#base + path, { ...options, headers, redirect }).catch(
        () => null,
      );
      if (response?.ok) return response.json();
      tries -= 1;
      if (tries <= 0 || (response && !BUSY.has(response.status))) {
        const told = await response?.json().catch(() => null);
        throw new StatsError(response?.status ?? 0, told?.error ?? { message: "no answer" });
      }
      const after = Number(response?.headers.get("Retry-After")) * 1000 || 0;
      await new Promise((resolve) => setTimeout(resolve, Math.max(pause, after)));
    }
  }
}
