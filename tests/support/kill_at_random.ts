// Kills a real process at random moments, until one of its lives ends. Deno alone starts it.

/** What is killed. */
export interface KilledProgram {
  /** The program. It writes to its output when it does something that matters; that is when it is killed. */
  readonly script: URL;
  readonly args: readonly string[];
  /** How often it is killed. */
  readonly kills: number;
  /** The same gives the same moments, as far as output goes. */
  readonly seed: number;
}

/** A life is killed after so many outputs at most. */
const MAX_OUTPUTS = 5;
/** And so many milliseconds later at most: somewhere in between. */
const MAX_DELAY_MS = 12;

/**
 * Runs the program again and again, killed by `SIGKILL`, and then to its end. Returns how often it was
 * killed, which is less than asked for where it was done before.
 *
 * @throws {Error} A life has failed by itself.
 */
export async function killAtRandom({ script, args, kills, seed }: KilledProgram): Promise<number> {
  const random = createRandom(seed);
  for (let killed = 0;; killed++) {
    const outputs = killed < kills ? 1 + Math.floor(random() * MAX_OUTPUTS) : Infinity;
    const hasEnded = await live(script, args, outputs, random() * MAX_DELAY_MS);
    if (hasEnded) return killed;
  }
}

/** Whether the program has ended. */
async function live(
  script: URL,
  args: readonly string[],
  outputs: number,
  delayMs: number,
): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", script.pathname, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaining = new Response(child.stderr).text();
  let isKilled = false;
  let count = 0;
  for await (const bytes of child.stdout) {
    count += bytes.length;
    if (count < outputs || isKilled) continue;
    isKilled = true;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  const { success, signal } = await child.status;
  const complaint = await complaining;
  if (success) return true;
  if (isKilled && signal === "SIGKILL") return false;
  throw new Error(`The program has failed by itself:\n${complaint}`);
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
