// Runs a command to its end and keeps what it printed.

/** What a finished command left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** The command is killed after this long. @default 300_000 */
  readonly timeoutMs?: number;
}

/** The repository's root, with a slash at its end. */
export const ROOT: string = decodeURIComponent(
  new URL("../", import.meta.url).pathname,
);

/** Runs `command` from the repository's root, without colours. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, timeoutMs = 300_000 }: RunOptions = {},
): Promise<Finished> {
  const signal = AbortSignal.timeout(timeoutMs);
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    env: {
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      RUST_BACKTRACE: "0",
      ...env,
    },
    stdin: "null",
    signal,
  });
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    code,
    stdout: decode(stdout),
    stderr: decode(stderr),
    timedOut: signal.aborted,
  };
}

/** Runs this same Deno. */
export function runDeno(
  args: readonly string[],
  options?: RunOptions,
): Promise<Finished> {
  return run(Deno.execPath(), args, options);
}
