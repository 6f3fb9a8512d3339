/** Starts the processes that measure. @module */

import { ROOT, run } from "../../tools/process.ts";
import { BUILD_FOLDER, bundle } from "../lib/bundle.ts";
import { type ChildJob, type ChildResult, EMPTY, RESULT_PREFIX } from "./child.ts";
import type { Workload } from "./workload.ts";

/** How a runtime is started. */
export interface Runtime {
  readonly name: string;
  /** The command, up to the module's path; `config` is a deno.json where the workload has one. */
  command(args: readonly string[], config?: string): Promise<string[]>;
  /** How flags for V8 are passed on; missing where there is no V8. */
  readonly toArguments?: (flags: readonly string[]) => string[];
}

/** What came of one process. */
export interface Measured extends ChildJob {
  readonly runtime: string;
  /** Missing where the process did not end. */
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
  toArguments: (flags) => [`--v8-flags=${flags.join(",")}`],
};

/** Three times what V8 takes by itself, and no more than half of a common machine. */
const RAISED_HEAP_LIMIT_MB = 12_288;
const TIMEOUT_MS = 600_000;

const OUT_OF_MEMORY = /out of memory|heap limit|cannot allocate memory/i;

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
  const flags = ["--expose-gc"];
  const first = await start(workload, runtime, module, job, { flags });
  if (first.failure === undefined || !OUT_OF_MEMORY.test(first.failure)) return first;
  flags.push(`--max-old-space-size=${RAISED_HEAP_LIMIT_MB}`);
  const second = await start(workload, runtime, module, job, { flags });
  return { ...second, heapLimitMb: RAISED_HEAP_LIMIT_MB };
}

/** How one process is started. */
export interface StartOptions {
  /** For V8. */
  readonly flags: readonly string[];
  /** @default {600_000} */
  readonly timeoutMs?: number;
}

/** Runs one process and reads what it found. */
export async function start(
  workload: Workload,
  runtime: Runtime,
  module: string,
  job: ChildJob,
  { flags, timeoutMs = TIMEOUT_MS }: StartOptions,
): Promise<Measured> {
  const flagArguments = runtime.toArguments?.(flags) ?? [];
  const [command = "", ...args] = await runtime.command(flagArguments, workload.config);
  const finished = await run(command, [...args, module, JSON.stringify(job)], { timeoutMs });
  const measured = { ...job, runtime: runtime.name };
  const result = readResult(finished.stdout);
  if (result === undefined) {
    const { code, stderr, stopped } = finished;
    const why = stopped ?? `exit code ${code}`;
    return { ...measured, failure: `${why}: ${toReason(stderr)}` };
  }
  const expected = job.form === EMPTY ? 0 : workload.expected(job.items, job.form);
  if (result.output === expected) return { ...measured, result };
  return { ...measured, failure: `${result.output} items came out, expected ${expected}` };
}

/** The line that the process printed, read. */
export function readResult(stdout: string): ChildResult | undefined {
  const line = stdout.split("\n").find((line) => line.startsWith(RESULT_PREFIX));
  return line === undefined ? undefined : JSON.parse(line.slice(RESULT_PREFIX.length));
}

/** What V8 says about memory comes between its stack frames; other errors begin with theirs. */
function toReason(stderr: string): string {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => OUT_OF_MEMORY.test(line)) ?? lines.slice(0, 5).join(" ");
}
