// What a chart or list gives away: its tables, with all rows, and itself as a picture.
// In: queries by name, and what is shown in words. Out: a menu. Always: a file is fetched as the
// numbers are, with the element's token; what goes wrong is said in the menu.
import { writeSpan } from "./span.js";
import { buildPicture, paintPicture } from "./picture.js";

const FORMS = ["csv", "xlsx"];
const KEPT_MS = 60_000;
const WAIT_MS = 60_000;
const NO_NAME = /[^A-Za-z0-9._-]+/g;

/** Return the name of a file of its parts, as the service names its own. */
export const buildName = (...parts) =>
  parts
    .filter(Boolean)
    .map((part) => part.replace(NO_NAME, "-").slice(0, 60))
    .join("_");

function save({ h }, blob, name) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
}

class Downloads {
  #shown;

  constructor(kit, view) {
    const { h, language } = kit;
    this.kit = kit;
    this.view = view;
    this.items = h("div", { class: "items" });
    const summary = h("summary", { part: "button" }, language.text("download"));
    this.node = h("details", { class: "take", part: "downloads" }, summary, this.items);
    this.node.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.node.contains(relatedTarget)) this.node.open = false;
    });
    this.node.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !this.node.open) return;
      this.node.open = false;
      summary.focus();
    });
  }

  /** Offer `tables`, `[{name, path, params}]`, and the picture of `title` of an answer's window. */
  update({ title, of, answer, tables }) {
    const { language } = this.kit;
    this.#shown = { title, detail: [of, `${writeSpan(language, answer)} (UTC)`].filter(Boolean) };
    this.days = [of, answer.from, answer.to];
    const rows = tables.map(({ name, path, params }) =>
      this.#createRow(name, FORMS, (form) => this.#saveTable(path, params, form)),
    );
    const picture = this.#createRow(language.text("picture"), ["svg", "png"], (form) =>
      this.#savePicture(form),
    );
    this.items.replaceChildren(...rows, picture);
  }

  #createRow(name, forms, onChoose) {
    const { h } = this.kit;
    const createButton = (form) => {
      const label = form.toUpperCase();
      const onclick = () => this.#run(() => onChoose(form));
      const attributes = { type: "button", part: "button", "aria-label": `${name}: ${label}` };
      return h("button", { ...attributes, onclick }, label);
    };
    return h("div", { class: "item" }, h("span", {}, name), ...forms.map(createButton));
  }

  async #run(task) {
    const { h, language } = this.kit;
    this.items.querySelector("[role=alert]")?.remove();
    try {
      await task();
      this.node.open = false;
    } catch (error) {
      const { kind = "down", field } = error; // a Problem says its kind
      this.items.append(h("p", { role: "alert" }, language.text(kind, { field })));
    }
  }

  async #saveTable(path, params, form) {
    const blob = await this.kit.getAlone(`${path}.${form}`, params, "blob", WAIT_MS);
    save(this.kit, blob, `${buildName(path, ...this.days)}.${form}`);
  }

  async #savePicture(form) {
    const { host } = this.kit;
    const { title, detail } = this.#shown;
    const picture = buildPicture(this.kit, this.view(), { title, detail: detail.join(" · ") });
    const svg = () => new Blob([picture.text], { type: "image/svg+xml" });
    const blob = form === "svg" ? svg() : await paintPicture(picture);
    save(this.kit, blob, `${buildName(host.localName, ...this.days)}.${form}`);
  }
}

/** Make the menu of a view; `view()` is the node that is drawn. */
export const createDownloads = (kit, view) => new Downloads(kit, view);
