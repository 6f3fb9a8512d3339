/** Puts a row before `deno bench`. @module */

import { verify } from "./measure.ts";
import type { Row } from "./row.ts";

/**
 * Registers every contender that gives the right result, each group with its baseline.
 *
 * @throws {Error} If a contender gives a wrong result.
 */
export async function registerRow(row: Row): Promise<void> {
  for (const group of row.groups) {
    for (const contender of group.contenders) {
      const failure = await verify(group, contender);
      if (failure !== undefined) {
        throw new Error(`Cannot bench "${contender.name}" in row "${row.id}": ${failure}`);
      }
      Deno.bench({
        name: contender.name,
        group: `${row.title}: ${group.name} (${row.denoBenchItems} items)`,
        baseline: contender.name === group.baseline,
        ...row.denoBenchRuns,
        fn: async () => {
          await contender.run(row.denoBenchItems);
        },
      });
    }
  }
}
