// Random pipelines whose source items are acknowledged, many at a time: most of their time is waiting.

import { runTraced } from "../tests/durable/_traced_program.ts";
import type { Traced } from "./reliability_page.ts";

const AT_A_TIME = 50;

/** Runs `cases` of them; prints those that are wrong. */
export async function runTracedPrograms(seed: number, cases: number): Promise<Traced> {
  let wrong = 0;
  let next = 0;
  const work = async () => {
    while (next < cases) {
      const program = seed + next++;
      const { early, twice, missing, misattributed, rows } = await runTraced(program);
      if (early + twice + missing + misattributed === 0) continue;
      wrong++;
      console.log(`  ${program}: ${rows.join(" > ")}`, { early, twice, missing, misattributed });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return { cases, wrong };
}
