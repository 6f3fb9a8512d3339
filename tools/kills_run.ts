// Kills the workers of durable jobs, in a process of its own.

import { type Killed, KILLS_MARK, type KillsRequest } from "../tests/kills/request.ts";
import { installPostgres } from "./postgres.ts";
import { runDeno, succeed } from "./process.ts";

/** Kills the workers of each job, and calls `onDone` with what has become of it. */
export async function runKills(
  request: KillsRequest,
  onDone: (killed: Killed) => void,
): Promise<Killed[]> {
  await installPostgres();
  const all: Killed[] = [];
  const watch = (line?: string) => {
    if (!line?.startsWith(KILLS_MARK)) return undefined;
    const killed: Killed = JSON.parse(line.slice(KILLS_MARK.length));
    all.push(killed);
    onDone(killed);
    return undefined;
  };
  const program = ["--no-check", "--config", "tests/kills/deno.json", "tests/kills/run.ts"];
  const args = ["run", "-A", ...program, JSON.stringify(request)];
  await succeed("Cannot kill workers", runDeno(args, { timeoutMs: Infinity, watch }));
  return all;
}

/** Whether each order is in the table once, as it must be. */
export function isWhole({ missing, duplicates, wrong }: Killed): boolean {
  return missing + duplicates + wrong === 0;
}
