// The choice between views and downloads, where an element can show either but not both.
import { capital, createNouns, nounKey, nounOf } from "./series.js";

/** Make the choice: `{node, update(types, shown)}`; with one type there is nothing to choose. */
export function createTypes({ h, icon, language }, onChoose) {
  const node = h("div", { class: "types", role: "group", part: "controls" });
  node.setAttribute("aria-label", language.text("metric"));
  const writeType = (type) => {
    const word = capital(language, nounOf(language, type));
    const noun = nounKey(type);
    if (noun === type) return [word];
    return [icon(noun), h("span", { class: "word" }, word)];
  };
  const createButton = (type, nouns, pressed) =>
    h(
      "button",
      {
        ...{ type: "button", part: "button", "data-type": type },
        "aria-pressed": String(pressed),
        "aria-label": capital(language, nouns.noun(type)),
        onclick: () => onChoose(type),
      },
      ...writeType(type),
      nouns.of(type), // stays where an icon takes the word's place
    );
  return {
    node,
    update(types, shown) {
      const buttons = [...node.children];
      node.hidden = types.length < 2;
      if (buttons.map(({ dataset }) => dataset.type).join() !== types.join()) {
        const nouns = createNouns(language, types);
        node.replaceChildren(...types.map((type) => createButton(type, nouns, type === shown)));
      } else for (const button of buttons) button.ariaPressed = button.dataset.type === shown;
    },
  };
}
