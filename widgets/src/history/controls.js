// The range buttons and the interval list. In: what the answer covers. Out: onChange(window),
// null to go back to the page's own. Their names come from Intl, in every language.
import { addDays, buildPresets } from "./windows.js";

const INTERVALS = ["day", "week", "month", "quarter", "year"];
const FIELDS = { week: "weekOfYear" }; // the name that Intl has for it

function createPreset({ h, language }, preset, onclick) {
  const write = (unitDisplay) =>
    language.number(preset.n, { style: "unit", unit: preset.unit, unitDisplay });
  const node = h("button", {
    type: "button",
    part: "button",
    title: write("long"),
    onclick,
  });
  node.textContent = write("narrow");
  return node;
}

function createInterval({ h, language }, onChange) {
  const names = new Intl.DisplayNames([language.tag], { type: "dateTimeField" });
  const label = language.text("interval");
  const select = h("select", { "aria-label": label, part: "select" });
  select.append(
    ...INTERVALS.map((interval) =>
      h("option", { value: interval }, names.of(FIELDS[interval] ?? interval)),
    ),
  );
  select.addEventListener("change", () => onChange({ interval: select.value }));
  return select;
}

/** Make the controls: `{node, update(answer, {changed, to})}`. */
export function createControls(kit, onChange) {
  const { h, language } = kit;
  const presets = buildPresets(addDays(new Date().toJSON().slice(0, 10), 0));
  let end;
  const choose = (i) => {
    const { from, to, interval } = buildPresets(end)[i];
    onChange({ from, to, interval });
  };
  const buttons = presets.map((preset, i) => createPreset(kit, preset, () => choose(i)));
  const select = createInterval(kit, onChange);
  const back = { type: "button", class: "back", part: "button", onclick: () => onChange(null) };
  const reset = h("button", { ...back, "aria-label": language.text("reset") }, "↺");
  const group = { class: "controls", role: "group", "aria-label": language.text("window") };
  return {
    node: h("div", { ...group, part: "controls" }, reset, ...buttons, select),
    update({ from, to, interval }, { changed, last }) {
      end = last;
      select.value = interval;
      reset.classList.toggle("off", !changed);
      buildPresets(end).forEach((preset, i) => {
        const same = preset.from === from && to === end && preset.interval === interval;
        buttons[i].ariaPressed = same;
      });
    },
  };
}
