import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sumUp as batch } from "../1_batch.ts";
import { sumUp as batchInAStream } from "../2_batch_in_a_stream.ts";
import { sumUp as streamingStep } from "../3_streaming_step.ts";
import { sumUp as batchTail } from "../4_batch_tail.ts";
import { sumUp as streaming } from "../5_streaming.ts";
import type { SumUp } from "../outcome.ts";

/** The programs, by the names of their files. */
export const PROGRAMS: Readonly<Record<string, SumUp>> = {
  "1_batch.ts": batch,
  "2_batch_in_a_stream.ts": batchInAStream,
  "3_streaming_step.ts": streamingStep,
  "4_batch_tail.ts": batchTail,
  "5_streaming.ts": streaming,
};

/** A folder of its own for one test, gone after it. */
export class TestFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), "migrate-test-")));
  }

  join(name: string): string {
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}
