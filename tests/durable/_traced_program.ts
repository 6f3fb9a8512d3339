// A random pipeline of traced operators, run once: ended, stopped by its reader, or failed.

import { StreamingPipeline } from "../../mod.ts";
import { requireBlueprint } from "../../src/core/pipeline.ts";
import { OriginCounts } from "../../src/parts/lineage.ts";
import { seededFractions } from "../../src/testing/_seeded.ts";
import { Ledger, type Part } from "./_ledger.ts";
import { type Parts, ROWS } from "./_traced_operators.ts";

/** What was wrong with a run: nothing where all are 0. */
export interface Verdict {
  readonly early: number;
  readonly twice: number;
  /** How many source items were never done, in a run that has ended. */
  readonly missing: number;
  /** How many failures were not attributed to the source item that failed. */
  readonly misattributed: number;
  /** The rows that the pipeline was made of. */
  readonly rows: readonly string[];
}

/** Runs the pipeline of `seed`; `first` is its first row, where that is asked for. */
export async function runTraced(seed: number, first?: string): Promise<Verdict> {
  const draw = seededFractions(seed, "program");
  const below = (limit: number) => Math.floor(draw() * limit);
  const ledger = new Ledger();
  const count = 5 + below(40);
  const failsOn = below(3) === 0 ? below(count) : -1;
  const choices = { below, ledger, failsOn };
  const names = Object.keys(ROWS);
  const rows = Array.from({ length: 1 + below(5) }, () => names[below(names.length)]!);
  if (first !== undefined) rows[0] = first;
  let pipeline = StreamingPipeline.start<Part>() as Parts;
  for (const [index, row] of rows.entries()) {
    pipeline = ROWS[row]!(pipeline, `${index} ${row}`, choices);
  }
  const gathers = below(3) === 0;
  const size = 1 + below(6);
  const ending = gathers ? pipeline.batch("rows", size) : pipeline;
  const stopsAt = below(3) === 0 ? below(count) : -1;

  const enter = (root: number) => {
    const item = { root };
    ledger.add(item, 1);
    return { item, token: root };
  };
  const source = below(2) === 0 ? readSync(count, enter) : readAsync(count, enter);
  const lineage = new OriginCounts(({ token }) => ledger.finish(token as number));
  const links = { lineage };
  const items = requireBlueprint("run", ending).createRun("run", source, undefined, links).items();
  let taken = 0;
  let isEnded = false;
  let misattributed = 0;
  try {
    for (;;) {
      const result = await items.next();
      isEnded = result.done === true;
      if (result.done) break;
      const { origin } = items;
      await Promise.resolve();
      const parts = (gathers ? result.value : [result.value]) as Part[];
      for (const part of parts) ledger.add(part, -1);
      if (taken++ === stopsAt) {
        await items.return();
        break;
      }
      lineage.release(origin);
    }
  } catch (error) {
    const culprits = lineage.culpritsOf(error).map(({ token }) => token);
    if (!culprits.includes(failsOn)) misattributed++;
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  const missing = isEnded ? count - ledger.finished : 0;
  return { early: ledger.early, twice: ledger.twice, missing, misattributed, rows };
}

function* readSync<T>(count: number, enter: (root: number) => T): Generator<T> {
  for (let root = 0; root < count; root++) yield enter(root);
}

async function* readAsync<T>(count: number, enter: (root: number) => T): AsyncGenerator<T> {
  for (let root = 0; root < count; root++) {
    await Promise.resolve();
    yield enter(root);
  }
}
