// `deno task fuzz --cases N --seed S`, in this package: random, truncated, broken and hostile bytes
// through every decoder. Prints what it has run, and the smallest case of the first failure.

import fc from "fast-check";
import { check, FORMATS, fuzzCase } from "./support/fuzz.ts";

const flags: Record<string, number> = { cases: 1_000_000, seed: Date.now() % 2 ** 31 };
const given = Deno.args.filter((arg) => arg !== "--");
for (let at = 0; at < given.length; at += 2) {
  const name = given[at]!.replace("--", "");
  const value = Number(given[at + 1]);
  if (!(name in flags) || !Number.isSafeInteger(value)) {
    throw new Error(`Cannot read "${given[at]}": the flags are --cases and --seed, with a number`);
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
