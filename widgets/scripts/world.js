// In: Natural Earth's countries, 1:50 m, as the package world-atlas ships them.
// Out: src/map/world.json: {"width", "height", "shapes": {"CH": path}, "dots": {"SG": [x, y]}}.
// Always: keys are ISO 3166 alpha-2 codes; coordinates are whole units of an equal grid,
// already projected, so that the browser needs neither a projection nor a topology library.
// A country too small to see or to point at is a dot.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { geoNaturalEarth1, geoPath } from "d3-geo";
import { geoProject } from "d3-geo-projection";
import { feature } from "topojson-client";
import { topology } from "topojson-server";
import { presimplify, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);
const WIDTH = 2000;
const SMALLEST_DETAIL = 6; // square units: corners that change less are dropped
const SMALLEST_ISLAND = 10;
const SMALLEST_COUNTRY = 60;
const ANTARCTICA = "010";
const CODES_BY_NAME = { Kosovo: "XK", "N. Cyprus": "CY", Somaliland: "SO" };
const area = (shape) => geoPath().area(shape);

const codes = new Map(require("i18n-iso-countries/codes.json").map(([two, , n]) => [n, two]));

async function runRead() {
  const world = JSON.parse(await readFile(require.resolve("world-atlas/countries-50m.json")));
  const all = feature(world, world.objects.countries);
  all.features = all.features.filter((country) => country.id !== ANTARCTICA);
  return all;
}

function project(countries) {
  const rotated = geoNaturalEarth1().rotate([-11, 0]).precision(0);
  return geoProject(countries, rotated.fitWidth(WIDTH, countries));
}

function reduce(countries) {
  const weighed = presimplify(topology({ countries }));
  const reduced = simplify(weighed, SMALLEST_DETAIL);
  return feature(reduced, reduced.objects.countries);
}

function codeOf(country) {
  return codes.get(country.id) ?? CODES_BY_NAME[country.properties.name];
}

function ringsOf({ geometry }) {
  if (!geometry) return [];
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flat();
}

function buildRing(points) {
  const whole = points.map((point) => point.map(Math.round));
  const steps = whole
    .map(([x, y], i) => (i ? [x - whole[i - 1][0], y - whole[i - 1][1]] : [x, y]))
    .filter(([dx, dy], i) => i === 0 || dx || dy);
  if (steps.length < 4) return "";
  const [start, ...rest] = steps;
  const numbers = rest.slice(0, -1).flat().join(" ").replaceAll(" -", "-");
  return `M${start.join(" ").replaceAll(" -", "-")}l${numbers}z`;
}

function buildPath(country) {
  const large = ringsOf(country).filter(
    (ring) => Math.abs(area({ type: "Polygon", coordinates: [ring] })) >= SMALLEST_ISLAND,
  );
  return large.map(buildRing).join("");
}

function buildWorld(countries) {
  const reduced = reduce(countries).features;
  const height = Math.ceil(geoPath().bounds(countries)[1][1]);
  const world = { width: WIDTH, height, shapes: {}, dots: {} };
  countries.features.forEach((country, i) => {
    const code = codeOf(country);
    if (!code) return;
    if (area(country) >= SMALLEST_COUNTRY) {
      world.shapes[code] = (world.shapes[code] ?? "") + buildPath(reduced[i]);
    } else if (!world.shapes[code]) {
      world.dots[code] = geoPath().centroid(country).map(Math.round);
    }
  });
  for (const code of Object.keys(world.shapes)) delete world.dots[code];
  return world;
}

const world = buildWorld(project(await runRead()));
await writeFile(new URL("../src/map/world.json", import.meta.url), JSON.stringify(world) + "\n");
