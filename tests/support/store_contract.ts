// What every store of checkpoints does, as a suite: each store's own tests call it with a host that
// opens the store, harms what it keeps, and takes its room away.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  type CheckpointStore,
  DurableError,
  type TransactionalStore,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";

/** Where the stores of one test keep their checkpoints. */
export interface StoreHost {
  /** A store over it, each time as another process would open it; for one job, where stores are so. */
  open(id: string): CheckpointStore | Promise<CheckpointStore>;
  /** Removes everything. */
  close(): void | Promise<void>;
}

/** What can be done to the checkpoints of a host from outside. */
export interface StoreHarms<THost> {
  /** Ways to make a checkpoint unreadable, each by what has become of it: `was cut in the middle`. */
  readonly damages?: Readonly<Record<string, (host: THost, id: string) => void | Promise<void>>>;
  /** Leaves room for no more than some kilobytes; returns what gives it back. */
  readonly takeRoom?: (host: THost) => GiveBack | Promise<GiveBack>;
}

/** Gives room back. */
export type GiveBack = () => void | Promise<void>;

/** The same for stores that commit what comes out of a job. */
export interface TransactionalHost<TTransaction> extends StoreHost {
  open(id: string): TransactionalStore<TTransaction> | Promise<TransactionalStore<TTransaction>>;
  /** Writes a text in a transaction. */
  write(transaction: TTransaction, text: string): void | Promise<void>;
  /** What others see of the texts that were written, in order. */
  read(): string[] | Promise<string[]>;
  /** What is kept after a crash at this moment, inside the work of a commit. */
  crash(transaction: TTransaction): StoreSurvivor | Promise<StoreSurvivor>;
}

/** A store and the texts that were written, after a crash. */
export interface StoreSurvivor extends StoreHost {
  /** The texts. */
  read(): string[] | Promise<string[]>;
}

const ID = "ingest";

/** Each is a job of its own. */
const ODD_IDS: readonly string[] = [
  ...[" ", ".", "..", "../escape", "a/b", "a\\b", "a:b", "a b", "a%2Fb", "a\nb", "a\0b", "a\0c"],
  ...["Job", "job", "caf\u00e9", "cafe\u0301", "\u{1F30A}", "\ud83c", "\u202ea"],
  ...["'; DROP TABLE headrace_checkpoints; --", '"quoted"', "$1 ? :id", "null", "__proto__", "CON"],
  "x".repeat(1_000),
];

const ODD_TEXTS: readonly string[] = ["", "\0", "a\r\nb\u2028", "\ufeff{}", "\u{1F30A}", "null"];

const LARGE = `{"text":"${"mill \u{1F30A} ".repeat(400_000)}"}`;

/** Holds the store of `create`, called `name`, to the contract of each. */
export function testCheckpointStore<THost extends StoreHost>(
  name: string,
  create: () => THost | Promise<THost>,
  { damages = {}, takeRoom }: StoreHarms<THost> = {},
): void {
  const testHost = (title: string, body: (host: THost) => Promise<void>) =>
    test(`${name} ${title}`, () => withHost(create, body));

  testHost("has nothing saved at first, and gives back what was saved last", async (host) => {
    const first = await (await host.open(ID)).acquire(ID);
    assertEquals(first.saved, undefined);
    assert(Number.isSafeInteger(first.fence) && first.fence > 0);

    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.save(ID, "one", fence);
    await store.save(ID, "two", fence);
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, "two");
  });

  testHost(
    "gives each owner a higher fence, also after one has given the job back",
    async (host) => {
      const fences: number[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const store = await host.open(ID);
        const { fence } = await store.acquire(ID);
        fences.push(fence);
        if (turn % 2 === 0) await store.release(ID, fence);
      }
      assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b));
    },
  );

  testHost(
    "refuses what an earlier owner saves, and keeps what the later one has",
    async (host) => {
      const [earlier, later] = [await host.open(ID), await host.open(ID)];
      const { fence: lost } = await earlier.acquire(ID);
      const { fence } = await later.acquire(ID);

      await assertFenced(() => earlier.save(ID, "lost", lost));
      await later.save(ID, "kept", fence);
      await assertFenced(() => earlier.save(ID, "lost", lost));
      assertEquals((await (await host.open(ID)).acquire(ID)).saved, "kept");
    },
  );

  testHost("refuses fences that it has not given", async (host) => {
    const store = await host.open(ID);
    await assertFenced(() => store.save(ID, "lost", 1));
    const { fence } = await store.acquire(ID);
    await assertFenced(() => store.save(ID, "lost", fence + 1));
    await assertFenced(() => store.save(ID, "lost", fence - 1));
    assertEquals((await store.acquire(ID)).saved, undefined);
  });

  testHost("accepts nothing after a release, and keeps what was saved", async (host) => {
    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.save(ID, "kept", fence);
    await store.release(ID, fence);
    await assertFenced(() => store.save(ID, "lost", fence));
    assertEquals((await store.acquire(ID)).saved, "kept");
  });

  testHost("lets a release of an earlier owner change nothing", async (host) => {
    const [earlier, later] = [await host.open(ID), await host.open(ID)];
    const { fence: lost } = await earlier.acquire(ID);
    const { fence } = await later.acquire(ID);
    await earlier.release(ID, lost);
    await later.save(ID, "kept", fence);
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, "kept");
  });

  testHost("lets one of many that acquire at once save", async (host) => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => host.open(ID)));
    const fences = await Promise.all(stores.map(async (store) => (await store.acquire(ID)).fence));
    assertEquals(new Set(fences).size, fences.length);

    const highest = Math.max(...fences);
    const outcomes = await Promise.allSettled(
      stores.map((store, index) => store.save(ID, `${fences[index]}`, fences[index]!)),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") assertCode(outcome.reason, "FENCED");
      assertEquals(outcome.status === "fulfilled", fences[index] === highest);
    }
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, `${highest}`);
  });

  testHost("accepts no save that the next owner does not see", async (host) => {
    const [earlier, later] = [await host.open(ID), await host.open(ID)];
    const { fence } = await earlier.acquire(ID);
    let accepted = 0;
    const saving = (async () => {
      for (let turn = 1; turn <= 200; turn++) {
        await earlier.save(ID, `${turn}`, fence);
        accepted = turn;
      }
    })().catch((error) => assertCode(error, "FENCED"));
    const { saved } = await later.acquire(ID);
    await saving;
    // The one that was refused meanwhile may have been on its way.
    assert([accepted, accepted + 1].includes(Number(saved ?? 0)), `${saved}, not ${accepted}`);
  });

  testHost("keeps jobs apart, whatever characters are in their ids", async (host) => {
    for (const [index, id] of ODD_IDS.entries()) {
      const store = await host.open(id);
      const { saved, fence } = await store.acquire(id);
      assertEquals(saved, undefined, JSON.stringify(id));
      await store.save(id, `${index}`, fence);
    }
    for (const [index, id] of ODD_IDS.entries()) {
      assertEquals((await (await host.open(id)).acquire(id)).saved, `${index}`, JSON.stringify(id));
    }
  });

  testHost("gives texts back as they were, empty and large ones as well", async (host) => {
    const store = await host.open(ID);
    for (const text of [...ODD_TEXTS, LARGE, "short"]) {
      const { fence } = await store.acquire(ID);
      await store.save(ID, text, fence);
      const { saved } = await (await host.open(ID)).acquire(ID);
      assert(saved === text, JSON.stringify(text.slice(0, 20)));
    }
  });

  for (const [what, damage] of Object.entries(damages)) {
    testHost(`refuses, each time, a checkpoint that ${what}`, async (host) => {
      const store = await host.open(ID);
      const { fence } = await store.acquire(ID);
      await store.save(ID, `{"positions":[${"1234567,".repeat(2_000)}0]}`, fence);
      await store.release(ID, fence);
      await damage(host, ID);

      for (let turn = 0; turn < 2; turn++) {
        const error = await assertRejects(
          async () => await (await host.open(ID)).acquire(ID),
          DurableError,
        );
        assertEquals([error.code, error.id], ["CHECKPOINT_UNREADABLE", ID]);
        assert(error.message.includes(ID), error.message);
      }
    });
  }

  if (takeRoom === undefined) return;
  testHost("keeps what was saved where there is no room for more", async (host) => {
    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.save(ID, "kept", fence);

    const giveBack = await takeRoom(host);
    try {
      const refused = await store.save(ID, LARGE, fence).then(() => undefined, (error) => error);
      assertInstanceOf(refused, Error);
      assert(!(refused instanceof DurableError && refused.code === "FENCED"), refused.message);
    } finally {
      await giveBack();
    }

    const reader = await host.open(ID);
    const { saved, fence: later } = await reader.acquire(ID);
    assertEquals(saved, "kept");
    await reader.save(ID, LARGE, later);
    assert((await (await host.open(ID)).acquire(ID)).saved === LARGE);
  });
}

/** Holds a store that commits what comes out of a job to its contract, and to that of each. */
export function testTransactionalStore<
  TTransaction,
  THost extends TransactionalHost<TTransaction>,
>(name: string, create: () => THost | Promise<THost>, harms: StoreHarms<THost>): void {
  testCheckpointStore(name, create, harms);
  const testHost = (title: string, body: (host: THost) => Promise<void>) =>
    test(`${name} ${title}`, () => withHost(create, body));

  testHost("commits what was written and the checkpoint together", async (host) => {
    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.commit(ID, fence, "one", (tx) => host.write(tx, "a"));
    await store.commit(ID, fence, "two", async (tx) => {
      await host.write(tx, "b");
      await host.write(tx, "c");
      assertEquals(await host.read(), ["a"]);
    });
    assertEquals(await host.read(), ["a", "b", "c"]);
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, "two");
  });

  testHost("commits nothing where the work fails, and rejects with its error", async (host) => {
    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.save(ID, "kept", fence);
    for (const [reason, fail] of listFailures()) {
      const rejected = await store.commit(ID, fence, "lost", async (tx) => {
        await host.write(tx, "lost");
        await fail();
      }).then(() => undefined, (error) => error);
      assertEquals(rejected === reason, true);
    }
    assertEquals(await host.read(), []);
    await store.commit(ID, fence, "later", (tx) => host.write(tx, "later"));
    assertEquals(await host.read(), ["later"]);
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, "later");
  });

  testHost("commits nothing for an earlier owner", async (host) => {
    const [earlier, later] = [await host.open(ID), await host.open(ID)];
    const { fence: lost } = await earlier.acquire(ID);
    const { fence } = await later.acquire(ID);
    await assertFenced(() => earlier.commit(ID, lost, "lost", (tx) => host.write(tx, "lost")));
    await later.commit(ID, fence, "kept", (tx) => host.write(tx, "kept"));
    await later.release(ID, fence);
    await assertFenced(() => later.commit(ID, fence, "lost", (tx) => host.write(tx, "lost")));
    assertEquals(await host.read(), ["kept"]);
    assertEquals((await (await host.open(ID)).acquire(ID)).saved, "kept");
  });

  testHost("decides between a commit and another owner that comes meanwhile", async (host) => {
    const [earlier, later] = [await host.open(ID), await host.open(ID)];
    const { fence } = await earlier.acquire(ID);
    let acquiring: Promise<{ readonly saved: string | undefined }> | undefined;
    const committing = earlier.commit(ID, fence, "one", async (tx) => {
      await host.write(tx, "a");
      acquiring = later.acquire(ID);
      // It has had the chance to come between.
      await Promise.race([acquiring, new Promise((resolve) => setTimeout(resolve, 5))]);
    });
    const [outcome] = await Promise.allSettled([committing]);
    const { saved } = await acquiring!;
    const isCommitted = outcome.status === "fulfilled";
    if (!isCommitted) assertCode(outcome.reason, "FENCED");
    assertEquals(saved, isCommitted ? "one" : undefined);
    assertEquals(await host.read(), isCommitted ? ["a"] : []);
  });

  testHost("has neither after a crash between the writing and the commit", async (host) => {
    const store = await host.open(ID);
    const { fence } = await store.acquire(ID);
    await store.commit(ID, fence, "one", (tx) => host.write(tx, "a"));

    let crashing: StoreSurvivor | Promise<StoreSurvivor> | undefined;
    const committing = store.commit(ID, fence, "two", async (tx) => {
      await host.write(tx, "b");
      crashing = host.crash(tx);
      await crashing;
      throw new Error("The process has ended");
    });
    await Promise.allSettled([committing]);
    assert(crashing !== undefined);
    const survivor = await crashing;
    try {
      assertEquals(await survivor.read(), ["a"]);
      assertEquals((await (await survivor.open(ID)).acquire(ID)).saved, "one");
    } finally {
      await survivor.close();
    }
  });
}

async function withHost<THost extends StoreHost>(
  create: () => THost | Promise<THost>,
  body: (host: THost) => Promise<void>,
): Promise<void> {
  const host = await create();
  try {
    await body(host);
  } finally {
    await host.close();
  }
}

/** What a work can fail with, and how. */
function listFailures(): (readonly [reason: unknown, fail: () => void | Promise<void>])[] {
  const [thrown, rejected] = [new Error("thrown"), new TypeError("rejected")];
  return [
    [thrown, () => {
      throw thrown;
    }],
    [rejected, () => Promise.reject(rejected)],
    ["no error", () => Promise.reject("no error")],
  ];
}

async function assertFenced(save: () => Promise<void>): Promise<void> {
  assertCode(await save().then(() => undefined, (error) => error), "FENCED");
}

function assertCode(error: unknown, code: string): void {
  assertInstanceOf(error, DurableError);
  assertEquals(error.code, code);
}
