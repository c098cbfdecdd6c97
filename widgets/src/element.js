// What every element shares: it reads its attributes, loads its view, asks for the numbers
// and shows one of four states: loading, ready, empty, or what the problem is.
// In: the attributes. Out: a shadow tree with the view's node, and the event `stats-state`.
// Always: no exception leaves an element; an answer that arrives after a newer question is
// dropped; the room of the element is taken before its code arrives, so nothing moves.
//
// A view is {node, load(settings) -> data, update(data, settings) -> is there anything?,
// fail?(message), stop?()}. It gets a kit: the tools of this element.
import { runAsked } from "./batch.js";
import { runGet } from "./client.js";
import { h, s } from "./dom.js";
import { createIcon } from "./icons.js";
import { createLanguage, parseTag, writeBytes } from "./language.js";
import { Problem } from "./problem.js";
import { ATTRIBUTES, parseService, parseSettings } from "./settings.js";
import { adoptStyles } from "./styles.js";
import base from "./styles/base.css";
import { runTotals } from "./totals.js";
import { loadTexts } from "./words/texts.js";

const HOME = new URL("..", import.meta.url).href;

export class StatsElement extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  static needs = ["resource"];
  #turn = 0;
  #planned = false;
  #changes = {};
  #service;
  #root;
  #note;
  #view;
  #language;

  connectedCallback() {
    if (!this.#root) this.#build();
    this.#plan();
  }

  disconnectedCallback() {
    this.#turn++;
    this.#drop();
  }

  attributeChangedCallback() {
    this.#changes = {};
    if (this.#root && this.isConnected) this.#plan();
  }

  #build() {
    this.#note = h("p", { class: "note", part: "note", role: "status" });
    this.#root = h("div", { class: "root", part: "root" }, this.#note);
    const { reserve } = this.constructor;
    if (reserve) this.#root.style.minBlockSize = reserve(this);
    adoptStyles(this.attachShadow({ mode: "open" }), base).append(this.#root);
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.isConnected) this.#run();
    });
  }

  async #run() {
    const turn = ++this.#turn;
    const get = (name) => this.getAttribute(name);
    this.#wait();
    try {
      const tag = this.#tag();
      const [module, texts] = await Promise.all([this.constructor.load(), loadTexts(tag)]);
      if (turn !== this.#turn) return;
      const view = this.#open(tag, module, texts);
      const settings = { ...parseSettings(get, this.constructor.needs), ...this.#changes };
      this.#service = parseService(get, HOME);
      const data = await view.load(settings);
      if (turn === this.#turn) this.#show(view.update(data, settings) ? "ready" : "empty");
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  #tag() {
    return parseTag(this.lang || this.closest("[lang]")?.lang, navigator.languages);
  }

  #open(tag, { createView, styles, words }, texts) {
    if (this.#language?.tag !== tag) this.#drop();
    if (!this.#view) {
      this.#language = createLanguage(tag, { ...words, ...texts });
      adoptStyles(this.shadowRoot, ...styles);
      this.#view = createView(this.#kit());
      this.#root.prepend(this.#view.node);
    }
    return this.#view;
  }

  #drop() {
    this.#view?.stop?.();
    this.#view?.node.remove();
    this.#view = undefined;
  }

  #kit() {
    return {
      ...{ h, s, icon: createIcon, writeBytes, host: this, language: this.#language },
      get: (path, params) => runAsked(this.#service, path, params),
      getAlone: (...asked) => runGet(this.#service, ...asked),
      page: (path) => `${this.#service.api}/stats/${path}?lang=${this.#language.tag.split("-")[0]}`,
      totals: (ref) => runTotals(this.#service, ref),
      rtl: () => getComputedStyle(this).direction === "rtl",
      attributes: () => ["api", "token", "theme"].map((name) => [name, this.getAttribute(name)]),
      change: (changes) => {
        this.#changes = changes ? { ...this.#changes, ...changes } : {};
        this.#plan();
      },
    };
  }

  #wait() {
    this.#root.ariaBusy = "true";
    this.#root.dataset.state ??= "loading";
  }

  #show(state, problem) {
    this.#root.ariaBusy = "false";
    this.#root.dataset.state = state;
    this.#note.replaceChildren(
      state === "empty" ? h("span", {}, this.#language.text("empty")) : "",
    );
    const detail = { state, problem };
    this.dispatchEvent(new CustomEvent("stats-state", { bubbles: true, composed: true, detail }));
  }

  #fail(error) {
    const problem = error instanceof Problem ? error : new Problem("down");
    const language = this.#language ?? createLanguage("en");
    const message = language.text(problem.kind, { field: problem.field });
    this.#show("problem", error);
    if (this.#view?.fail) this.#view.fail(message);
    else this.#note.replaceChildren(message, ...this.#retry(problem, language));
  }

  #retry({ kind }, language) {
    if (kind !== "down" && kind !== "slow") return [];
    const retry = { type: "button", part: "button", onclick: () => this.#plan() };
    return [h("button", retry, language.text("retry"))];
  }
}

/** Define one element; `load` gives its view's module, `reserve` the room it will need. */
export function defineElement(name, load, options = {}) {
  if (customElements.get(name)) return;
  customElements.define(
    name,
    class extends StatsElement {
      static load = load;
      static reserve = options.reserve;
      static needs = options.needs ?? StatsElement.needs;
    },
  );
}
