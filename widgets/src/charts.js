// Everything but the counter, in one file: a page with a panel needs all of it, and one response
// of 30 KB arrives before ten small ones.
import { createView as createBreakdown, styles as ofBreakdown } from "./breakdown/breakdown.js";
import { words } from "./chart/words.js";
import { createView as createHistory, styles as ofHistory } from "./history/history.js";
import { createView as createMap, styles as ofMap } from "./map/map.js";
import { createView as createPanel, styles as ofPanel } from "./panel/panel.js";
import { createView as createTop, styles as ofTop } from "./top/top.js";

export const breakdown = { createView: createBreakdown, styles: ofBreakdown, words };
export const history = { createView: createHistory, styles: ofHistory, words };
export const map = { createView: createMap, styles: ofMap, words };
export const panel = { createView: createPanel, styles: ofPanel, words };
export const top = { createView: createTop, styles: ofTop, words };
