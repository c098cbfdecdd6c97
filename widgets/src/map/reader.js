// Reading the map: by pointer, and by keyboard from the most to the least. `onRead(row)` gets
// null for nothing and returns the text, which assistive technology speaks.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 5, PageUp: -5 };

function nextRank({ key }, rank, n) {
  const to = { Home: 0, End: n - 1 }[key] ?? (key in STEPS ? rank + STEPS[key] : null);
  return to === null ? null : Math.min(Math.max(to, 0), n - 1);
}

class Reader {
  rows = [];
  rank = -1;

  constructor({ h, language }, plot, onRead) {
    this.onRead = onRead;
    this.plot = plot;
    this.picture = h("div", { class: "picture" });
    this.node = h("div", { class: "cursor", role: "slider", tabindex: "0", "aria-valuemin": "1" });
    this.node.ariaLabel = language.text("loading");
    this.node.ariaValueNow = 1;
    plot.append(this.picture, this.node);
    this.picture.addEventListener("pointermove", ({ target }) => this.#point(target));
    this.picture.addEventListener("pointerleave", () => this.show(null));
    this.node.addEventListener("keydown", (event) => this.#press(event));
    this.node.addEventListener("focus", () => {
      if (this.node.matches(":focus-visible")) this.go(Math.max(this.rank, 0));
    });
    this.node.addEventListener("blur", () => this.show(null));
  }

  update({ svg, shapes }, rows, label) {
    this.rows = rows;
    this.shapes = shapes;
    this.rank = -1;
    this.picture.replaceChildren(svg);
    this.node.ariaLabel = label;
    this.node.ariaValueMax = Math.max(rows.length, 1);
    this.node.ariaValueNow = 1;
    this.show(null);
  }

  show(row) {
    for (const shape of this.picture.querySelectorAll(".read")) shape.classList.remove("read");
    const shape = row && this.shapes.get(row.key);
    shape?.classList.add("read");
    shape?.parentNode.append(shape);
    return this.onRead(row);
  }

  go(rank) {
    if (!this.rows.length) return;
    this.rank = rank;
    this.node.ariaValueNow = rank + 1;
    this.node.ariaValueText = this.show(this.rows[rank]);
  }

  #point(target) {
    const row = this.rows.find(({ key }) => key === target.dataset?.code) ?? null;
    if (row?.key !== this.pointed) this.show(row);
    this.pointed = row?.key;
  }

  #press(event) {
    const rank = nextRank(event, this.rank, this.rows.length);
    if (rank === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.go(rank);
  }
}

export const createReader = (...parts) => new Reader(...parts);
