// Reads a file with one contender, in a process of its own: `one.ts <format> <contender> <file>`. Prints
// the processor time of all its threads, which other work on the machine changes less than the time that
// has passed; the collector and the compiler of the engine are in it, loading the modules is not.

import process from "node:process";
import { CONTENDERS } from "./contenders.ts";

const [format = "", name = "", path = ""] = Deno.args;
const start = process.cpuUsage();
const records = await CONTENDERS[format]![name]!(path);
const { user, system } = process.cpuUsage(start);
const seconds = (user + system) / 1e6;
const peakBytes = await readPeakBytes();
console.log(JSON.stringify({ records, seconds, peakBytes }));

/** The most memory that the process has had; Linux alone says it. */
async function readPeakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024;
}
