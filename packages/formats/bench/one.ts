// Reads a file with one contender, in a process of its own: `one.ts <format> <contender> <file>`.

import { CONTENDERS } from "./contenders.ts";

const [format = "", name = "", path = ""] = Deno.args;
const start = performance.now();
const records = await CONTENDERS[format]![name]!(path);
const seconds = (performance.now() - start) / 1_000;
const peakBytes = await readPeakBytes();
console.log(JSON.stringify({ records, seconds, peakBytes }));

/** The most memory that the process has had; Linux alone says it. */
async function readPeakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024;
}
