// What every store of checkpoints does, wherever it keeps them.

import { assertEquals, assertRejects } from "@std/assert";
import type { CheckpointStore } from "../../src/durable/checkpoint_store.ts";
import { DurableError, type DurableErrorCode } from "../../src/durable/durable_error.ts";
import { test } from "../harness.ts";

/** A kind of store, and what opens one twice. */
export interface StoreRow {
  readonly name: string;
  /** Makes a place that is empty, and what opens a store on it, any number of times. */
  create(): { readonly open: () => CheckpointStore } | Promise<{ open: () => CheckpointStore }>;
}

const ID = "ingest";

/** Registers the tests of a store. */
export function testStore({ name, create }: StoreRow): void {
  const testIt = (title: string, body: (open: () => CheckpointStore) => Promise<void>) =>
    test(`${name} ${title}`, async () => await body((await create()).open));

  testIt("has nothing saved at first, and says so", async (open) => {
    const { saved, fence } = await open().acquire(ID);

    assertEquals(saved, undefined);
    assertEquals(Number.isSafeInteger(fence) && fence > 0, true);
  });

  testIt("gives the next owners what was saved last, whatever the text", async (open) => {
    for (const saved of ["a", "", 'ü€😀\u0000\n"', "x".repeat(100_000)]) {
      const store = open();
      const { fence } = await store.acquire(ID);
      await store.save(ID, "before", fence);
      await store.save(ID, saved, fence);

      assertEquals((await open().acquire(ID)).saved, saved);
      assertEquals((await open().acquire(ID)).saved, saved);
    }
  });

  testIt("gives each owner a higher fence than all before", async (open) => {
    const store = open();
    const fences: number[] = [];
    for (let owner = 0; owner < 4; owner++) {
      const { fence } = await (owner % 2 === 0 ? store : open()).acquire(ID);
      if (owner === 1) await store.release(ID, fence);
      fences.push(fence);
    }

    assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b));
  });

  testIt("refuses what an owner saves that has lost the job, and keeps the rest", async (open) => {
    const [loser, winner] = [open(), open()];
    const lost = await loser.acquire(ID);
    await loser.save(ID, "a", lost.fence);
    const { saved, fence } = await winner.acquire(ID);

    await assertCode("FENCED", loser.save(ID, "b", lost.fence));
    await winner.save(ID, "c", fence);
    await assertCode("FENCED", loser.save(ID, "d", lost.fence));

    assertEquals(saved, "a");
    assertEquals((await open().acquire(ID)).saved, "c");
  });

  testIt("refuses what is saved after a release, and keeps what was saved before", async (open) => {
    const store = open();
    const { fence } = await store.acquire(ID);
    await store.save(ID, "a", fence);
    await store.release(ID, fence);

    await assertCode("FENCED", store.save(ID, "b", fence));

    assertEquals((await store.acquire(ID)).saved, "a");
  });

  testIt("lets an owner that has lost the job give it back without effect", async (open) => {
    const [loser, winner] = [open(), open()];
    const lost = await loser.acquire(ID);
    const { fence } = await winner.acquire(ID);
    await loser.release(ID, lost.fence);

    await winner.save(ID, "a", fence);

    assertEquals((await open().acquire(ID)).saved, "a");
  });

  testIt("lets one of many that acquire at once save", async (open) => {
    const stores = Array.from({ length: 8 }, open);
    const owners = await Promise.all(stores.map((store) => store.acquire(ID)));
    const outcomes = await Promise.allSettled(
      owners.map(({ fence }, index) => stores[index]!.save(ID, `owner ${fence}`, fence)),
    );

    assertEquals(new Set(owners.map(({ fence }) => fence)).size, 8);
    const last = Math.max(...owners.map(({ fence }) => fence));
    assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    assertEquals((await open().acquire(ID)).saved, `owner ${last}`);
  });
}

/** The work is refused with a `DurableError` of the code that names the job. */
export async function assertCode(
  code: DurableErrorCode,
  work: Promise<unknown>,
  includes = "",
): Promise<void> {
  const error = await assertRejects(() => work, DurableError, includes);
  assertEquals([error.code, error.id], [code, ID]);
}
