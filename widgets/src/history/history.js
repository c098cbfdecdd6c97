// <stats-history>: one strip a type of event over the same days, read by hover and keyboard.
// In: histograms, as the service answers. Out: SVG, a read-out, controls and a table.
// Always: strips share their columns; the read-out shows sums of what is chosen, which are
// exact, as the service's uniques are of one day at most.
import chart from "../chart/chart.css";
import { createFrame } from "../chart/frame.js";
import { typesOf } from "../chart/kinds.js";
import { capital, createNouns, toneOf } from "../chart/series.js";
import { writeSpan } from "../chart/span.js";
import controls from "../styles/controls.css";
import { createControls } from "./controls.js";
import { createCursor } from "./cursor.js";
import { writeBucket } from "./dates.js";
import styles from "./history.css";
import { createStrips } from "./strips.js";
import { buildWindow, statesOf, sumOf, windowOf } from "./windows.js";

const today = () => new Date().toISOString().slice(0, 10);

/** Write a sum: "24 views in 20 sessions". */
function writeSum(language, noun, { count, unique_count }) {
  return `${language.number(count)} ${noun(count)} ${language.sessions(unique_count)}`;
}

/** Write a bucket, and what is to be known of it: "Week of 23 Nov 2026 (incomplete)". */
function writeOne(language, { date }, { interval }, state) {
  const name = writeBucket(language, date, interval);
  return state ? `${name} (${language.text(state)})` : name;
}

function writeChosen(language, answer, first, last) {
  const [state] = statesOf(answer).slice(first);
  if (first === last) return writeOne(language, answer.buckets[first], answer, state);
  return writeSpan(language, windowOf(answer, first, last));
}

function buildTable(language, series) {
  const [{ answer }] = series;
  const nouns = series.map(({ noun }) => noun());
  const columns = nouns.flatMap((noun) => [noun, language.text("uniqueOf", { noun })]);
  const states = series.map(({ answer: one }) => statesOf(one));
  const cells = ({ count, unique_count }, state) =>
    [count, unique_count].map((n) => (state === "early" ? "–" : language.number(n)));
  const whole = (i) => (states.some((one) => one[i] === "partial") ? "partial" : states[0][i]);
  return {
    caption: `${capital(language, nouns.join(", "))}, ${writeSpan(language, answer)}`,
    columns: [language.text("date"), ...columns],
    rows: answer.buckets.map((bucket, i) => [
      writeOne(language, bucket, answer, whole(i)),
      ...series.flatMap(({ answer: { buckets } }, k) => cells(buckets[i], states[k][i])),
    ]),
  };
}

class History {
  #series = [];

  constructor(kit) {
    this.kit = kit;
    this.controls = createControls(kit, (window) => this.#change(window));
    this.frame = createFrame(kit, this.controls.node);
    this.cursor = createCursor(kit, {
      onRead: (first, last) => this.#read(first, last),
      onChoose: (first, last) => this.#change(windowOf(this.#series[0].answer, first, last)),
      onReset: () => this.#change(null),
    });
    this.strips = createStrips(kit, this.frame.plot, this.cursor);
    this.node = this.frame.node;
  }

  async load(settings) {
    const types = typesOf(settings);
    const { noun } = createNouns(this.kit.language, types);
    this.strips.setTypes(types.map((type) => ({ type, tone: toneOf(type) })));
    const params = { resource: settings.resource, ...buildWindow(settings) };
    const asked = types.map((type) => this.kit.get(`${type}-histogram`, params));
    const answers = await Promise.all(asked);
    return types.map((type, i) => ({ type, noun: (n) => noun(type, n), answer: answers[i] }));
  }

  update(series, settings) {
    const { language } = this.kit;
    const [{ answer }] = series;
    this.#series = series;
    const last = this.kit.host.getAttribute("to")?.trim() || today();
    this.controls.update(answer, { changed: Boolean(settings.changed), last });
    const names = capital(language, series.map(({ noun }) => noun()).join(", "));
    this.cursor.node.ariaLabel = language.text("plot", { names });
    this.strips.draw(series, settings.chart);
    this.frame.setTable(buildTable(language, series));
    this.frame.setUntil(answer.counted_until);
    this.frame.downloads.update({
      ...{ title: names, of: settings.resource, answer },
      tables: series.map((one) => this.#tableOf(one, settings)),
    });
    this.#read(-1, -1);
    return series.some(({ answer: { total } }) => total.count > 0);
  }

  #tableOf({ noun, type, answer }, { resource }) {
    const { from, to, interval } = answer;
    const params = { resource, from, to, interval };
    return { name: capital(this.kit.language, noun()), path: `${type}-histogram`, params };
  }

  stop() {
    this.strips.stop();
  }

  #change(window) {
    this.kit.change(window && { ...window, changed: true });
    const detail = window ?? {};
    this.kit.host.dispatchEvent(new CustomEvent("stats-window", { bubbles: true, detail }));
  }

  #read(first, last) {
    const { language } = this.kit;
    const [{ answer }] = this.#series;
    const none = first < 0;
    const when = none ? writeSpan(language, answer) : writeChosen(language, answer, first, last);
    const sums = this.#series.map(({ answer: { buckets, total } }) =>
      none ? total : sumOf(buckets, first, last),
    );
    this.frame.readout.textContent = when;
    this.strips.read(sums, first, last);
    const spoken = this.#series.map(({ noun }, i) => writeSum(language, noun, sums[i]));
    this.cursor.node.ariaValueText = [when, ...spoken].join("; ");
    if (!none) this.cursor.node.ariaValueNow = this.cursor.index;
  }
}

export const createView = (kit) => new History(kit);
const sheets = [controls, chart, styles];
export { sheets as styles };
