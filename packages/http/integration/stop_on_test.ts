// stopOn() with signals that are sent to a process.

import { assertEquals } from "@std/assert";
import { onBun, onDeno, onNode, type Program, readResult } from "./servers/start.ts";

interface Seen {
  readonly ending: string;
  readonly read: number;
  readonly stored: number;
  readonly closed: number;
}

const FILE = "clients/drain.ts";
const startAll = (args: readonly string[]): readonly Program[] => [
  onDeno("Deno", FILE, args),
  onBun("Bun", FILE, args),
  onNode("Node 20", FILE, { version: 20, args }),
  onNode("Node 24", FILE, { version: 24, args }),
];

for (const { name, start } of startAll([])) {
  Deno.test(`${name}: SIGTERM drains a run: all that was read is stored`, async () => {
    const running = await start();
    running.kill("SIGTERM");
    const { ending, read, stored, closed } = await readResult<Seen>(running);
    assertEquals([ending, stored, closed], ["ended", read, 1]);
    assertEquals((await running.ended).code, 0);
  });
}

for (const { name, start } of startAll(["stuck"])) {
  Deno.test(`${name}: a second signal aborts a run that does not end`, async () => {
    const running = await start();
    running.kill("SIGTERM");
    // Two at once are one to a process: the first must have come.
    await new Promise((resolve) => setTimeout(resolve, 200));
    running.kill("SIGINT");
    const { ending, closed } = await readResult<Seen>(running);
    assertEquals([ending, closed], ["The process has got SIGINT", 1]);
  });
}
