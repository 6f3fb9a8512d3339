/** Starts the processes that measure. @module */

import { ROOT, run } from "../../tools/process.ts";
import { BUILD_FOLDER, bundle } from "../lib/bundle.ts";
import { type ChildJob, type ChildResult, EMPTY, RESULT_PREFIX } from "./child.ts";
import type { Workload } from "./workload.ts";

/** How a runtime is started. */
export interface Runtime {
  readonly name: string;
  /** The command, up to the module's path; `config` is a deno.json where the workload has one. */
  command(flags: readonly string[], config?: string): Promise<string[]>;
  /** Flags for V8 are written like this; a runtime without V8 has none. */
  readonly v8Flags: (flags: readonly string[]) => string[];
}

/** What came of one process. */
export interface Measured extends ChildJob {
  readonly runtime: string;
  /** Missing where the process did not come to its end. */
  readonly result?: ChildResult;
  /** The heap limit that it was given because the runtime's own was too small. */
  readonly heapLimitMb?: number;
  /** Why there is no result. */
  readonly failure?: string;
}

export const DENO: Runtime = {
  name: "deno",
  command: (flags, config) => {
    const configured = config === undefined ? ["--no-config"] : ["--config", ROOT + config];
    return Promise.resolve([Deno.execPath(), "run", "--quiet", "-A", ...configured, ...flags]);
  },
  v8Flags: (flags) => [`--v8-flags=${flags.join(",")}`],
};

/** Three times what V8 takes by itself, and no more than half of a common machine. */
const RAISED_HEAP_LIMIT_MB = 12_288;
const TIMEOUT_MS = 600_000;

const OUT_OF_MEMORY = /heap out of memory|heap limit|out of memory|Cannot allocate memory/i;

/** Makes the module that the processes of a workload run. Returns its path. */
export function prepare({ id, module, config }: Workload): Promise<string> {
  const code = `import { measureChild } from "../../bench/memory/child.ts";
import { forms } from "../../${module}";

await measureChild(forms);
`;
  return config === undefined ? bundle(`memory_${id}`, code) : write(`memory_${id}`, code);
}

async function write(name: string, code: string): Promise<string> {
  await Deno.mkdir(BUILD_FOLDER, { recursive: true });
  const path = `${BUILD_FOLDER}${name}.ts`;
  await Deno.writeTextFile(path, code);
  return path;
}

/**
 * Measures one form at one size in a process of its own. Where the heap's own limit is too small,
 * it is measured again with a higher one, and the result says so.
 */
export async function measureInProcess(
  workload: Workload,
  runtime: Runtime,
  module: string,
  job: ChildJob,
): Promise<Measured> {
  const first = await start(workload, runtime, module, job);
  if (first.failure === undefined || !OUT_OF_MEMORY.test(first.failure)) return first;
  return await start(workload, runtime, module, job, RAISED_HEAP_LIMIT_MB);
}

async function start(
  workload: Workload,
  runtime: Runtime,
  module: string,
  job: ChildJob,
  heapLimitMb?: number,
): Promise<Measured> {
  const flags = ["--expose-gc"];
  if (heapLimitMb !== undefined) flags.push(`--max-old-space-size=${heapLimitMb}`);
  const [command = "", ...args] = await runtime.command(runtime.v8Flags(flags), workload.config);
  const finished = await run(command, [...args, module, JSON.stringify(job)], {
    timeoutMs: TIMEOUT_MS,
  });
  const measured = { ...job, runtime: runtime.name, heapLimitMb };
  const result = readResult(finished.stdout);
  if (result === undefined) {
    const { code, stderr, timedOut } = finished;
    const why = timedOut ? `no end after ${TIMEOUT_MS / 1000} s` : `exit code ${code}`;
    return { ...measured, failure: `${why}: ${stderr.trim().slice(-500)}` };
  }
  const expected = job.form === EMPTY ? 0 : workload.expected(job.items);
  if (result.output === expected) return { ...measured, result };
  return { ...measured, failure: `${result.output} items came out, expected ${expected}` };
}

/** The line that the process printed last of all, read. */
export function readResult(stdout: string): ChildResult | undefined {
  const line = stdout.split("\n").find((line) => line.startsWith(RESULT_PREFIX));
  return line === undefined ? undefined : JSON.parse(line.slice(RESULT_PREFIX.length));
}
