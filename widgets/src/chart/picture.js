// A chart as it is drawn, as a file of its own. In: the node of a view, and what it shows in
// words. Out: the text of an SVG, or a PNG of that. Always: light, on a white ground, with title,
// window and legend; text stays text; nothing in it leads to the page, its styles or the web.
const LEFT_OUT = "button, select, details, .hidden, .shelf, .head, .cursor, .band, .icon";
const COLOURS = ["fill", "stroke"];
const KEPT = [
  ..."fill-opacity stroke-width stroke-opacity stroke-dasharray stroke-linejoin".split(" "),
  ..."opacity vector-effect text-anchor font-family font-size font-weight".split(" "),
];
const SCALE = 2;
const MARGIN = 16;
const HEAD = 48;
const INK = { title: "#1d2531", muted: "#59636f", ground: "#ffffff" };
const NONE = /^(none|url\(.*|rgba\(0, 0, 0, 0\)|transparent)$/;

const context = () => document.createElement("canvas").getContext("2d");

/** Return a colour as every program reads it: a browser also writes `oklab()`. */
function writeColour(brush, colour) {
  if (NONE.test(colour)) return { colour };
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
  return { colour: `rgb(${r},${g},${b})`, opacity: a < 255 ? (a / 255).toFixed(3) : null };
}

const fontOf = ({ fontWeight, fontSize, fontFamily }) => `${fontWeight} ${fontSize} ${fontFamily}`;

/** Whether nobody sees it: what is for screen readers alone is clipped away. */
const isUnseen = ({ display, visibility, clipPath }) =>
  display === "none" || visibility === "hidden" || clipPath !== "none";

/** Cut a text to a width, as the page does. */
function cut(brush, text, width) {
  if (brush.measureText(text).width <= width + 1) return text;
  let n = text.length;
  while (n > 0 && brush.measureText(`${text.slice(0, n)}…`).width > width) n--;
  return `${text.slice(0, n).trimEnd()}…`;
}

/** Return the lines of a text node: `[{text, box}]`, as they are broken on the page. */
function linesOf(node) {
  const lines = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 2) {
      line.text = `${line.text} ${word}`;
      line.box.left = Math.min(line.box.left, box.left);
    } else lines.push({ text: word, box: { left: box.left, top: box.top, height: box.height } });
  }
  return lines;
}

class Picture {
  #brush = context();
  #hatches = 0;

  constructor({ s }, view, { left, top }) {
    this.s = s;
    this.view = view;
    this.x = (px) => px - left + MARGIN;
    this.y = (px) => px - top + HEAD;
  }

  /** Return what stands for a node and all that is in it. */
  draw(node) {
    if (node.nodeType === Node.TEXT_NODE) return this.#drawText(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(LEFT_OUT)) return [];
    const style = getComputedStyle(node);
    if (isUnseen(style)) return [];
    if (node instanceof SVGSVGElement) return [this.#drawSvg(node)];
    const inside = [...node.childNodes].flatMap((child) => this.draw(child));
    return [...this.#drawBox(node, style), ...this.#drawBefore(node), ...inside];
  }

  #drawBox(node, { backgroundColor }, height = node.getBoundingClientRect().height) {
    if (NONE.test(backgroundColor)) return [];
    const { left, top, width } = node.getBoundingClientRect();
    const { colour, opacity } = writeColour(this.#brush, backgroundColor);
    const place = { x: this.x(left), y: this.y(top), width, height };
    return [this.s("rect", { ...place, fill: colour, "fill-opacity": opacity })];
  }

  /** Draw what a style puts above a node: the shade of a legend. */
  #drawBefore(node) {
    const style = getComputedStyle(node, "::before");
    if (style.content === "none" || style.display !== "block") return [];
    return this.#drawBox(node, style, parseFloat(style.height));
  }

  #drawText(node) {
    const parent = node.parentElement;
    const style = getComputedStyle(parent);
    const clip = parent.closest("th, td, .sum, .until, bdi")?.getBoundingClientRect();
    this.#brush.font = fontOf(style);
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } =
      this.#brush.measureText("x");
    return linesOf(node).map(({ text, box: { left, top, height } }) => {
      const room = clip ? clip.right - left : Infinity;
      const y = this.y(top + (height * up) / (up + down));
      return this.#write(cut(this.#brush, text, room), { x: this.x(left), y }, style);
    });
  }

  #write(text, place, { color, fontFamily, fontSize, fontWeight }) {
    const font = { "font-family": fontFamily, "font-size": fontSize, "font-weight": fontWeight };
    const { colour, opacity } = writeColour(this.#brush, color);
    return this.s("text", { ...place, ...font, fill: colour, "fill-opacity": opacity }, text);
  }

  /** Copy a drawing with the styles that the page gives it, and names that no other one has. */
  #drawSvg(svg) {
    const hatch = `hatch-${++this.#hatches}`;
    const copy = svg.cloneNode(true);
    const copies = [...copy.querySelectorAll("*")];
    svg.querySelectorAll("*").forEach((node, i) => this.#keepStyle(node, copies[i], hatch));
    const { left, top, width, height } = svg.getBoundingClientRect();
    const place = { x: this.x(left), y: this.y(top), width, height, overflow: "visible" };
    for (const name of ["class", "style", "aria-hidden"]) copy.removeAttribute(name);
    for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
    return copy;
  }

  #keepStyle(node, copy, hatch) {
    const style = getComputedStyle(node);
    for (const name of ["class", "style", "data-code"]) copy.removeAttribute(name);
    if (copy.id) copy.id = hatch;
    for (const name of KEPT) copy.setAttribute(name, style.getPropertyValue(name));
    for (const name of COLOURS) {
      const { colour, opacity } = writeColour(this.#brush, style.getPropertyValue(name));
      copy.setAttribute(name, colour.startsWith("url(") ? `url(#${hatch})` : colour);
      if (opacity) copy.setAttribute(`${name}-opacity`, opacity);
    }
  }

  /** Return the lines above the chart: what it shows, of what and when. */
  drawHead({ title, detail }, width) {
    const { fontFamily } = getComputedStyle(this.view);
    const write = (text, y, fontSize, fontWeight, color) => {
      this.#brush.font = fontOf({ fontWeight, fontSize, fontFamily });
      const style = { color, fontFamily, fontSize, fontWeight };
      return this.#write(cut(this.#brush, text, width), { x: MARGIN, y }, style);
    };
    return [
      write(title, 22, "16px", "600", INK.title),
      write(detail, 40, "12px", "400", INK.muted),
    ];
  }
}

/** Return a view as the text of an SVG, and its size: `{text, width, height}`. */
export function buildPicture(kit, view, { title, detail }) {
  const { s, host } = kit;
  const scheme = host.style.colorScheme;
  const covered = view.querySelector(".covered");
  host.style.colorScheme = "light";
  covered?.classList.remove("covered");
  try {
    const { left, bottom, width: inner } = view.getBoundingClientRect();
    const top = view.querySelector(".head").getBoundingClientRect().bottom;
    const picture = new Picture(kit, view, { left, top });
    const [width, height] = [inner + 2 * MARGIN, bottom - top + HEAD + MARGIN].map(Math.ceil);
    const svg = s(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}` },
      s("title", {}, `${title}, ${detail}`),
      s("rect", { width, height, fill: INK.ground }),
      ...picture.drawHead({ title, detail }, inner),
      ...picture.draw(view),
    );
    return { text: new XMLSerializer().serializeToString(svg), width, height };
  } finally {
    host.style.colorScheme = scheme;
    covered?.classList.add("covered");
  }
}

/** Paint a picture as a PNG, twice as large, so that it is sharp on paper. */
export async function paintPicture({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
