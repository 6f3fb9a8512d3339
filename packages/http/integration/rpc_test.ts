// rpcSource(), rpcExchange() and rpcHandler() with a client and a server of Connect, over gRPC and HTTP/2.

import { assert, assertEquals } from "@std/assert";
import { runBun, runDeno, runNode } from "./servers/start.ts";

const PROGRAM = "clients/rpc.ts";
const RUNTIMES = [
  ["Node 20", () => runNode<Outcome>(PROGRAM, [], 20)],
  ["Node 24", () => runNode<Outcome>(PROGRAM, [], 24)],
  ["Bun", () => runBun<Outcome>(PROGRAM, [])],
  ["Deno", () => runDeno<Outcome>(PROGRAM, [])],
] as const;

interface Outcome {
  readonly groundAhead: number;
  readonly givenAhead: number;
}

/**
 * Of 16 KiB each. The queues and windows of HTTP/2 on both sides hold 20 MiB on Node 20, up to 48 on Node 24 and
 * Deno, and 40 to 110 on Bun, as they do for a service and a client without pipelines.
 */
const MOST_AHEAD = 16_384;

for (const [name, run] of RUNTIMES) {
  Deno.test(`${name}: calls stream both ways at the pace of their readers, and are closed by them`, async () => {
    const { groundAhead, givenAhead, ...rest } = await run();
    assertEquals(rest, {
      whole: true,
      resumed: true,
      failures: true,
      refused: ["INVALID_ARGUMENT", "The call has failed: no grain"],
      left: true,
      silent: [true, true],
      exchanged: true,
      closed: true,
      takenBehind: true,
    });
    assert(groundAhead < MOST_AHEAD, `${groundAhead} messages were made ahead`);
    assert(givenAhead < MOST_AHEAD, `${givenAhead} items were computed ahead`);
  });
}
