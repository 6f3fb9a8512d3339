import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { StreamingError } from "@headrace/pipeline";
import { LiveItems } from "./live_items.ts";
import type { Outcome, SumUp } from "./outcome.ts";
import { writeNotes } from "./sample.ts";

const WORDS_SHOWN = 5;

/** Runs one of the programs on the folder that it was called with, or on notes made for it. */
export async function runProgram(sumUp: SumUp): Promise<void> {
  const live = new LiveItems();
  const [given] = process.argv.slice(2);
  const folder = given ?? await mkdtemp(join(tmpdir(), "migrate-"));
  try {
    if (given === undefined) await writeNotes(folder);
    const outcome = await sumUp(folder, live);
    console.log(describe(outcome));
    console.log(`items in memory: ${live.peak} at the peak, of ${live.count} in all`);
    if ("failures" in outcome) process.exitCode = 1;
  } catch (error) {
    // A folder that cannot be read, such as one that is not there.
    const reason = error instanceof StreamingError ? error.cause : error;
    console.error(`error: ${reason instanceof Error ? reason.message : reason}`);
    process.exitCode = 1;
  } finally {
    if (given === undefined) await rm(folder, { recursive: true });
  }
}

function describe(outcome: Outcome): string {
  if ("failures" in outcome) {
    return outcome.failures.map(({ index, code }) => `note ${index} failed: ${code}`).join("\n");
  }
  const { chunkCount, words } = outcome.summary;
  const most = [...words].sort(([, one], [, other]) => other - one).slice(0, WORDS_SHOWN);
  return `${chunkCount} chunks; ${most.map(([word, count]) => `${word} ${count}`).join(", ")}`;
}
