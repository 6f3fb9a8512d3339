// `deno task demo [kills]`: in each mode, workers that are killed again and again, and what is in
// the database afterwards.

import process from "node:process";
import { type Mode, survive, type Survived } from "./survive.ts";

const MODES: readonly Mode[] = ["acks", "snapshots"];
const [text = "10"] = process.argv.slice(2);
const kills = Number(text);
if (!/^\d{1,4}$/.test(text)) {
  console.error(`The number of kills must be a whole number up to 9999, got "${text}"`);
  process.exit(2);
}

await Deno.mkdir("data", { recursive: true });
// Its own: a database of yours may be next to it.
const folder = await Deno.realPath(await Deno.makeTempDir({ dir: "data" }));
const seed = Date.now();
const survived: Survived[] = [];
try {
  for (const mode of MODES) {
    console.error(`${mode}: killing ${kills} workers at random moments, seed ${seed}`);
    survived.push(await survive({ mode, folder, kills, seed }));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

const figures: readonly (readonly [string, (each: Survived) => number | string])[] = [
  ["", ({ mode }) => mode],
  ["workers killed", ({ kills }) => kills],
  ["orders listed", ({ orders }) => orders],
  ["rows", ({ rows }) => rows],
  ["orders missing", ({ missing }) => missing],
  ["duplicates", ({ duplicates }) => duplicates],
  ["wrong rows, totals", ({ wrong }) => wrong],
  ["pages listed", ({ pages }) => pages],
  ["pages asked again", ({ askedAgain }) => askedAgain],
];
for (const [name, read] of figures) {
  console.log(name.padEnd(18) + survived.map((each) => String(read(each)).padStart(11)).join(""));
}
process.exitCode = survived.every(isWhole) ? 0 : 1;

function isWhole({ missing, duplicates, wrong }: Survived): boolean {
  return missing + duplicates + wrong === 0;
}
