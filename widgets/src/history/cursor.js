// Reading and choosing on the plot: by pointer (hover reads, a drag chooses a range) and by
// keyboard (arrows read, Shift and arrows choose, Enter shows, Escape gives up).
// Out: onRead(first, last) with -1 for nothing, onChoose(first, last), onReset().
// Always: a slider to assistive technology, so that each step is spoken by its value text.
const PAGE = 7;

/** Return where a key leads from `index`, or null for a key that leads nowhere. */
export function nextIndex(key, index, { n, rtl }) {
  const forward = rtl ? "ArrowLeft" : "ArrowRight";
  const back = rtl ? "ArrowRight" : "ArrowLeft";
  const to = {
    [forward]: index + 1,
    [back]: index - 1,
    ...{ ArrowUp: index + 1, ArrowDown: index - 1, Home: 0, End: n - 1 },
    ...{ PageUp: index + PAGE, PageDown: index - PAGE },
  }[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), n - 1);
}

class Cursor {
  index = 0;
  anchor = null;
  dragging = false;

  constructor(node, events) {
    this.node = node;
    this.events = events;
  }

  get chosen() {
    const anchor = this.anchor ?? this.index;
    return [Math.min(anchor, this.index), Math.max(anchor, this.index)];
  }

  read(index) {
    this.index = index;
    this.events.onRead(...this.chosen);
  }

  clear() {
    this.anchor = null;
    this.dragging = false;
    this.events.onRead(-1, -1);
  }

  choose() {
    const [first, last] = this.chosen;
    this.clear();
    if (last > first) this.events.onChoose(first, last);
  }

  setColumns(columns) {
    this.columns = columns;
    this.index = columns.n - 1;
    this.node.ariaValueMin = 0;
    this.node.ariaValueMax = Math.max(columns.n - 1, 0);
    this.node.ariaValueNow = Math.max(this.index, 0);
  }
}

function listenPointer(cursor) {
  const { node } = cursor;
  const at = (event) =>
    cursor.columns.indexAt(event.clientX - node.parentNode.getBoundingClientRect().left);
  node.addEventListener("pointermove", (event) => cursor.columns?.n && cursor.read(at(event)));
  node.addEventListener("pointerleave", () => !cursor.dragging && cursor.clear());
  node.addEventListener("pointercancel", () => cursor.clear());
  node.addEventListener("pointerdown", (event) => {
    if (event.button || !cursor.columns?.n) return;
    if (event.pointerType === "mouse") node.setPointerCapture(event.pointerId);
    cursor.dragging = true;
    cursor.anchor = at(event);
    cursor.read(cursor.anchor);
  });
  node.addEventListener("pointerup", () => cursor.dragging && cursor.choose());
}

function press(cursor, { key, shiftKey }) {
  const to = nextIndex(key, cursor.index, cursor.columns);
  if (to !== null) {
    cursor.anchor = shiftKey ? (cursor.anchor ?? cursor.index) : null;
    cursor.read(to);
  } else if (key === "Enter") cursor.choose();
  else if (key === "Escape" && cursor.anchor !== null) cursor.clear();
  else if (key === "Escape") cursor.events.onReset();
  else return false;
  return true;
}

function listenKeys(cursor) {
  const { node } = cursor;
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !cursor.columns?.n) return;
    if (press(cursor, event)) event.preventDefault();
  });
  node.addEventListener("focus", () => {
    if (cursor.columns?.n && node.matches(":focus-visible")) cursor.read(cursor.index);
  });
  node.addEventListener("blur", () => cursor.clear());
}

/** Make the cursor of a plot: `{node, setColumns(columns)}`. */
export function createCursor({ h, language }, events) {
  const node = h("div", { class: "cursor", role: "slider", tabindex: "0", part: "cursor" });
  node.ariaLabel = language.text("loading");
  node.ariaValueNow = 0;
  const cursor = new Cursor(node, events);
  listenPointer(cursor);
  listenKeys(cursor);
  return cursor;
}
