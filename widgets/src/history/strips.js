// The strips of a history and the band that marks what is read. In: series of one window.
// Always: drawn for the size there is, and again when that changes.
import { createNouns } from "../chart/series.js";
import { buildColumns, buildLabels, buildScale, gutterOf } from "./layout.js";
import { drawLabels, drawStrip } from "./plot.js";
import { statesOf } from "./windows.js";

function createStrip({ h, s, language }, { tone }, nounOf) {
  const all = h("b");
  const noun = h("span");
  const unique = h("span", { class: "muted full" });
  const brief = h("span", { class: "muted brief" });
  const head = h(
    "div",
    { class: "sum" },
    h("span", { class: "key all" }),
    h("bdi", {}, all, " ", noun),
    h("span", { class: "key second" }),
    unique,
    brief,
  );
  const svg = s("svg", { "aria-hidden": "true" });
  const node = h("div", { class: `strip ${tone}` }, head, h("div", { class: "canvas" }, svg));
  const read = ({ count, unique_count }) => {
    all.textContent = language.number(count);
    noun.textContent = nounOf(count);
    brief.textContent = language.number(unique_count);
    unique.textContent = language.sessions(unique_count);
  };
  return { node, svg, read };
}

class Strips {
  #types = "";
  #strips = [];
  #drawn;

  constructor(kit, plot, cursor) {
    this.kit = kit;
    this.cursor = cursor;
    this.band = kit.h("div", { class: "band" });
    this.days = kit.s("svg", { class: "days", "aria-hidden": "true" });
    this.list = kit.h("div", { class: "strips" });
    plot.append(this.list, this.days, this.band, cursor.node);
    this.observer = new ResizeObserver(this.#redraw);
    this.observer.observe(plot);
    addEventListener("beforeprint", this.#redraw);
    addEventListener("afterprint", this.#redraw);
  }

  setTypes(types) {
    if (this.#types === JSON.stringify(types)) return;
    this.#types = JSON.stringify(types);
    this.#drawn = undefined;
    const names = types.map(({ type }) => type);
    const { noun } = createNouns(this.kit.language, names);
    this.#strips = types.map((one) => createStrip(this.kit, one, (n) => noun(one.type, n)));
    this.list.replaceChildren(...this.#strips.map(({ node }) => node));
  }

  draw(series, chart) {
    this.#drawn = { series, chart };
    this.#redraw();
  }

  read(sums, first, last) {
    this.#strips.forEach((strip, i) => strip.read(sums[i]));
    const { style } = this.band;
    style.display = first < 0 ? "none" : "block";
    if (first < 0) return;
    const { left, step } = this.columns;
    style.left = `${Math.min(left(first), left(last))}px`;
    style.width = `${(last - first + 1) * step}px`;
    this.band.classList.toggle("wide", last > first);
  }

  stop() {
    this.observer.disconnect();
    removeEventListener("beforeprint", this.#redraw);
    removeEventListener("afterprint", this.#redraw);
  }

  #redraw = () => {
    if (!this.#drawn) return;
    const { series, chart } = this.#drawn;
    const { compact } = this.kit.language;
    const scales = series.map(({ answer }, i) =>
      buildScale(
        answer.buckets.map(({ count }) => count),
        this.#strips[i].svg.parentNode.clientHeight,
      ),
    );
    const gutter = gutterOf(scales.flatMap(({ lines }) => lines.map(compact)));
    const { buckets } = series[0].answer;
    const size = { width: this.list.clientWidth, gutter, rtl: this.kit.rtl() };
    const columns = buildColumns(buckets.length, size);
    this.columns = columns;
    this.cursor.setColumns(columns);
    series.forEach(({ answer }, i) => {
      const states = statesOf(answer);
      const data = { buckets: answer.buckets, states, scale: scales[i], columns, chart };
      drawStrip(this.kit, this.#strips[i].svg, data);
    });
    drawLabels(this.kit, this.days, buildLabels(buckets, columns), columns);
  };
}

export const createStrips = (...parts) => new Strips(...parts);
