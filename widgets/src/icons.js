// The pictures of views and downloads, 16 by 16, drawn with lines.
import { s } from "./dom.js";

const PATHS = {
  views: "M1 8s2.6-4.6 7-4.6S15 8 15 8s-2.6 4.6-7 4.6S1 8 1 8ZM10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  downloads: "M8 2v8.4M4.6 7.2 8 10.6l3.4-3.4M2.5 13.5h11",
};

/** Make the icon of a noun; anything but views is something that is carried away. */
export function createIcon(noun) {
  const d = PATHS[noun] ?? PATHS.downloads;
  return s("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d }));
}
