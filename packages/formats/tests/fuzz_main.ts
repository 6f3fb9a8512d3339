// `deno task fuzz --cases N --seed S --flood MB`, in this package: random, truncated, broken and hostile
// bytes through every decoder, and records that never end, so many megabytes of each. Prints what it has
// run, what was held, and the smallest case of the first failure.

import fc from "fast-check";
import { check, FLOODS, FORMATS, fuzzCase, open } from "./support/fuzz.ts";

const flags: Record<string, number> = { cases: 1_000_000, seed: Date.now() % 2 ** 31, flood: 32 };
const given = Deno.args.filter((arg) => arg !== "--");
for (let at = 0; at < given.length; at += 2) {
  const name = given[at]!.replace("--", "");
  const value = Number(given[at + 1]);
  if (!(name in flags) || !Number.isSafeInteger(value)) {
    throw new Error(
      `Cannot read "${given[at]}": the flags are --cases, --seed and --flood, with a number`,
    );
  }
  flags[name] = value;
}

const counts: Record<string, number> = Object.fromEntries(FORMATS.map((format) => [format, 0]));
let slowestMs = 0;
let bytes = 0;
const property = fc.property(fuzzCase, (each) => {
  const start = performance.now();
  check(each);
  slowestMs = Math.max(slowestMs, performance.now() - start);
  bytes += each.bytes.length;
  counts[each.format]!++;
});
const begun = performance.now();
const { failed, ...details } = fc.check(property, { seed: flags.seed!, numRuns: flags.cases! });
const seconds = Math.round((performance.now() - begun) / 1_000);
const megabytes = (value: number) => Math.round(value / 1e6);
console.log(`${flags.cases} cases, ${megabytes(bytes)} MB, in ${seconds} s, seed ${flags.seed}`);
console.log(`  ${FORMATS.map((format) => `${format} ${counts[format]}`).join(", ")}`);
console.log(
  `  the slowest took ${Math.round(slowestMs)} ms; ${
    megabytes(Deno.memoryUsage().rss)
  } MB of memory`,
);
if (failed) {
  console.log(fc.defaultReportMessage({ failed, ...details } as never));
  Deno.exitCode = 1;
} else console.log("  0 failures");

let highest = 0;
const CHUNK_BYTES = 65_536;
for (const format of FORMATS) {
  for (const [start, more] of FLOODS) {
    const decoder = open({ format, limits: { length: 1_048_576, depth: 100, fields: 4_096 } });
    const chunk = new TextEncoder().encode(more.repeat(Math.ceil(CHUNK_BYTES / more.length)));
    decoder.push(start);
    for (let given = 0; given < flags.flood! * 1e6; given += chunk.length) {
      decoder.push(chunk);
      if (given % (CHUNK_BYTES * 16) === 0) {
        highest = Math.max(highest, Deno.memoryUsage().heapUsed);
      }
    }
    decoder.end();
  }
}
const floods = FORMATS.length * FLOODS.length;
console.log(`${floods} floods of ${flags.flood} MB: the heap was ${megabytes(highest)} MB at most`);
