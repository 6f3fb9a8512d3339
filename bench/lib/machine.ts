/** The machine that the runner is on, in words. @module */

import { cpus, loadavg, release, totalmem, type } from "node:os";

/** Of what kind it is, which day it is, and what else it was doing just now. */
export async function describeMachine(): Promise<string> {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memoryGb = (totalmem() / 1e9).toFixed(0);
  const day = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  return `${day}, ${processors.length} cores (${model}), ${memoryGb} GB, ${await readSystem()}; ` +
    `load before the run: ${load}.`;
}

async function readSystem(): Promise<string> {
  try {
    const text = await Deno.readTextFile("/etc/os-release");
    return /^PRETTY_NAME="(.*)"$/m.exec(text)?.[1] ?? type();
  } catch {
    // Only Linux has the file.
    return `${type()} ${release()}`;
  }
}
