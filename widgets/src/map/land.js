// The land as SVG. In: outlines, rows and classes. Out: `{svg, shapes}`, shapes by country.
import { classOf } from "./classes.js";

const DOT = 9;

function createShape({ s }, world, code, name) {
  const [cx, cy] = world.dots[code] ?? [];
  const attributes = { class: name, "data-code": code };
  if (cx !== undefined) return s("circle", { ...attributes, cx, cy, r: DOT });
  return s("path", { ...attributes, d: world.shapes[code] });
}

/** Draw the world; countries without a count are land, and small ones are left out. */
export function createLand(kit, world, rows, classes) {
  const counts = new Map(rows.map(({ key, count }) => [key, count]));
  const codes = [...Object.keys(world.shapes), ...Object.keys(world.dots)].filter(
    (code) => world.shapes[code] || counts.get(code),
  );
  const shapes = new Map(
    codes.map((code) => {
      const name = `land c${classOf(classes, counts.get(code) ?? 0)}`;
      return [code, createShape(kit, world, code, name)];
    }),
  );
  const viewBox = `0 0 ${world.width} ${world.height}`;
  const svg = kit.s("svg", { viewBox, "aria-hidden": "true" }, ...shapes.values());
  return { svg, shapes };
}
