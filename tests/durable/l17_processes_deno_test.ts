// Kills a real process with a durable job over files, and looks at what it has written in the end.

import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { killAtRandom } from "../support/kill_at_random.ts";
import { expectRows, sortRows, type WrittenRow } from "../support/killed_jobs.ts";

/** A hundred were done by hand: `HEADRACE_KILLS=100`. */
const KILLS = Number(Deno.env.get("HEADRACE_KILLS") ?? 15);

for (const mode of ["acks", "snapshots"] as const) {
  test(
    `[L17] a job of the mode ${mode} over files that is killed has each item at least once`,
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "headrace-" });
      try {
        const script = new URL("./_killed_job.ts", import.meta.url);
        const killed = await killAtRandom({
          script,
          args: [folder, mode],
          kills: KILLS,
          seed: 271129,
        });
        assert(killed > 0);

        const lines = (await Deno.readTextFile(`${folder}/written.ndjson`)).trim().split("\n");
        const rows = [...new Set(lines)].map((line): WrittenRow => JSON.parse(line));
        assertEquals(sortRows(rows), expectRows(mode));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
    { hangAfterMs: 600_000 },
  );
}
