// Runs commands to their end and keeps what they printed.

/** What a finished command has given. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was ended from outside, in words; absent where it came to its end. */
  readonly stopped?: string;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** The command is ended after this long. @default {900_000} */
  readonly timeoutMs?: number;
  /**
   * Looks at what the command does, about once a second, and at each line that it prints; what it
   * returns ends the command, as the reason. A loop in microtasks is invisible to every timer inside.
   */
  readonly watch?: (line: string | undefined) => string | undefined;
}

const LOOK_EVERY_MS = 1_000;

/** The repository's root, with a slash at its end. */
export const ROOT: string = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** Runs `command` from the repository's root, without colours. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, timeoutMs = 900_000, watch = () => undefined }: RunOptions = {},
): Promise<Finished> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let stopped: string | undefined;
  const look = (line?: string) => {
    if (stopped !== undefined) return;
    stopped = watch(line);
    // By its id: what it has begun itself ends with its pipes.
    if (stopped !== undefined) child.kill("SIGKILL");
  };
  const started = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - started < timeoutMs) return look();
    stopped ??= "stopped for taking too long";
    child.kill("SIGKILL");
  }, LOOK_EVERY_MS);
  const [stdout, stderr, { code }] = await Promise.all([
    readLines(child.stdout, look),
    new Response(child.stderr).text(),
    child.status,
  ]);
  clearInterval(timer);
  return { code, stdout, stderr, ...(stopped !== undefined && { stopped }) };
}

async function readLines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  look: (line: string) => void,
): Promise<string> {
  const lines: string[] = [];
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const line of parts) {
      lines.push(line);
      look(line);
    }
  }
  return [...lines, rest].join("\n");
}

/** Runs this same Deno. */
export function runDeno(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return run(Deno.execPath(), args, options);
}

/**
 * What a command has given that must not fail.
 *
 * @throws {Error} If it has failed: `what`, and all that it printed.
 */
export async function succeed(what: string, running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  const { code, stdout, stderr } = finished;
  if (code === 0) return finished;
  throw new Error(`${what}, exit code ${code}:\n${stdout}${stderr}`);
}
