// A tip beside a button: shown on hover, focus and touch, hidden by Escape or leaving.
// Always: in the top layer, so that nothing cuts it off, and inside the window.
const GAP = 6;

function place(tip, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - width - GAP);
  const above = at.top - height - GAP;
  tip.style.left = `${Math.max(GAP, left)}px`;
  tip.style.top = `${above > GAP ? above : at.bottom + GAP}px`;
}

/** Make a tip for `anchor`: `{fill(nodes), remove()}`. */
export function createTip({ h, host }, anchor) {
  const tip = h("div", {
    class: "tip",
    part: "tip",
    id: "tip",
    role: "tooltip",
    popover: "manual",
  });
  const show = () => {
    if (!tip.hasChildNodes() || !tip.isConnected) return;
    tip.showPopover();
    place(tip, anchor);
  };
  const hide = () => tip.isConnected && tip.hidePopover();
  anchor.setAttribute("aria-describedby", "tip");
  for (const name of ["pointerenter", "focus", "click"]) anchor.addEventListener(name, show);
  for (const name of ["pointerleave", "blur"]) anchor.addEventListener(name, hide);
  anchor.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  host.shadowRoot.append(tip);
  return {
    fill: (nodes) => tip.replaceChildren(...nodes.filter(Boolean)),
    remove: () => tip.remove(),
  };
}
