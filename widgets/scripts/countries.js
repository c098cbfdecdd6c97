// Write the English names of countries, of CLDR as Node has it: `node scripts/countries.js`.
// In: nothing. Out: the table that tables of numbers by country take their names from.
import { writeFileSync } from "node:fs";

const TABLE = new URL("../../stats/queries/country_names.json", import.meta.url);
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const NOT_OF_COUNTRIES = ["EZ", "QO", "UN", "XA", "XB"];

const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
const current = (code) => Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
const found = codes
  .filter((code) => !NOT_OF_COUNTRIES.includes(code) && current(code) && names.of(code))
  .map((code) => [code, names.of(code)]);
writeFileSync(TABLE, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);
