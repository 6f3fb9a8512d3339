// Stores, sinks and functions that never answer, and signals and stops at every moment.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  consume,
  durable,
  type DurableOptions,
  memoryStore,
  positioned,
  type PositionedSource,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { ID, NUMBERS, onClock } from "./_jobs.ts";

const MODES = ["acks", "snapshots"] as const;
const never = () => new Promise<never>(() => {});
const same = StreamingPipeline.start<number>().map("same", (n) => n);
const odd = same.tap("odd", (n) => {
  if (n === 2) throw new Error("even");
});
const RUN = { closeTimeoutMs: 50 };

/** Counts the listeners of a signal. */
function listen(): {
  readonly controller: AbortController;
  readonly count: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.defineProperty(signal, "addEventListener", {
    value: (type: "abort", listener: () => void, options: AddEventListenerOptions) => {
      listeners.add(listener);
      add(type, listener, options);
    },
  });
  Object.defineProperty(signal, "removeEventListener", {
    value: (type: "abort", listener: () => void) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return { controller, count: () => listeners.size };
}

/** What never answers in a run. */
interface Moment {
  readonly options?: Partial<DurableOptions<number>>;
  readonly store?: Partial<CheckpointStore>;
  readonly source?: PositionedSource<number, number>;
  readonly sink?: (item: number) => unknown;
  readonly pipeline?: typeof same;
  /** Whether a stop rejects the run, as it cannot commit. */
  readonly isStore?: boolean;
  /** Whether it is of the mode `acks` alone. */
  readonly isOfAcks?: boolean;
}

const MOMENTS: Readonly<Record<string, Moment>> = {
  "the acquisition": { store: { acquire: never } },
  "a save": { store: { save: never }, isStore: true },
  "the last save": {
    options: { commit: { items: 100 } },
    store: { save: never },
    isStore: true,
  },
  "the release": { store: { release: never }, isStore: true },
  "the source": {
    source: { open: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) },
  },
  "the sink": { sink: never },
  "a dead letter": {
    pipeline: odd,
    options: { poison: { attempts: 1, to: never } },
    isOfAcks: true,
  },
  "the store of hashes": {
    options: { unchanged: { key: String, hash: String, store: { get: never, set() {} } } },
    isOfAcks: true,
  },
};

const start = (mode: "acks" | "snapshots", moment: Moment, signal?: AbortSignal) => {
  const { options, store, source, sink, pipeline } = moment;
  const job = durable(pipeline ?? same, {
    id: ID,
    mode,
    store: { ...memoryStore(), ...store },
    commit: { items: 1 },
    ...options,
  });
  const running = job.run(source ?? positioned(NUMBERS), sink ?? (() => {}), {
    ...RUN,
    ...(signal && { signal }),
  });
  return { job, running };
};

for (const mode of MODES) {
  for (const [title, moment] of Object.entries(MOMENTS)) {
    if (moment.isOfAcks && mode !== "acks") continue;
    test(`a signal ends a job in the mode ${mode} while ${title} never answers`, async () => {
      for (const turns of [0, 1, 5, 300]) {
        const reason = new Error("leave");
        const { controller, count } = listen();
        const error = await onClock(async () => {
          const { running } = start(mode, moment, controller.signal);
          for (let turn = 0; turn < turns; turn++) await undefined;
          controller.abort(reason);
          return await assertRejects(() => running);
        });

        assertStrictEquals(error, reason);
        assertEquals(count(), 0);
      }
    });

    test(`a job in the mode ${mode} stops in time while ${title} never answers`, async () => {
      for (const turns of [0, 300]) {
        await onClock(async (clock) => {
          const { job, running } = start(mode, moment);
          const ended = running.then(({ status }) => status, (error) => error.name);
          for (let turn = 0; turn < turns; turn++) await undefined;
          const began = clock.now();
          // The earlier deadline counts.
          const stopping = [job.stop({ deadlineMs: 60_000 }), job.stop({ deadlineMs: 100 })];
          await Promise.all(stopping);

          // A stop that comes first of all saves nothing, and gives the job back.
          const isStore = moment.isStore && (turns > 0 || title === "the release");
          assertEquals(await ended, isStore ? "TimeoutError" : "stopped");
          assertEquals(clock.now() - began <= 100 + 3 * RUN.closeTimeoutMs, true);
        });
      }
    });
  }
}

test("a job that is acquired when nothing waits for it any more is given back", async () => {
  await onClock(async () => {
    const inner = memoryStore();
    let acquire = () => {};
    const acquiring = new Promise<void>((resolve) => acquire = resolve);
    const released: number[] = [];
    const store: CheckpointStore = {
      ...inner,
      acquire: (id) => acquiring.then(() => inner.acquire(id)),
      release: (id, fence) => inner.release(id, fence).then(() => void released.push(fence)),
    };
    const job = durable(same, { id: ID, mode: "acks", store });
    const running = job.run(positioned(NUMBERS), () => {});
    await job.stop({ deadlineMs: 10 });
    assertEquals((await running).status, "stopped");
    acquire();
    for (let turn = 0; turn < 20; turn++) await undefined;

    assertEquals(released, [1]);
  });
});

test("a hash that comes when the run is over is neither kept nor committed", async () => {
  for (const how of ["signal", "stop"] as const) {
    const reason = new Error("leave");
    const calls: string[] = [];
    await onClock(async (clock) => {
      const controller = new AbortController();
      let answer = (_: string) => {};
      const get = () => new Promise<string>((resolve) => answer = resolve);
      const hashes = { get, set: () => void calls.push("set") };
      const save = () => Promise.resolve(void calls.push("save"));
      const job = durable(same, {
        id: ID,
        mode: "acks",
        store: { ...memoryStore(), save },
        unchanged: { key: String, hash: String, store: hashes },
      });
      const running = job.run(positioned([1, 2]), () => {}, { ...RUN, signal: controller.signal });
      const ended = running.then(({ status }) => status, (error) => error);
      for (let turn = 0; turn < 50; turn++) await undefined;
      if (how === "stop") await job.stop({ deadlineMs: 10 });
      else controller.abort(reason);
      assertEquals(await ended, how === "stop" ? "stopped" : reason);

      answer("1");
      for (let turn = 0; turn < 20; turn++) await undefined;
      assertEquals(clock.timerCount, 0);
    });

    assertEquals(calls, []);
  }
});

test("a source that fails while it is closed, or never closes, hides no failure", async () => {
  const failure = new Error("no");
  for (const mode of MODES) {
    for (const close of [() => Promise.reject(new Error("close")), never]) {
      const source: PositionedSource<number, number> = {
        open: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve({ done: false, value: { item: 1, position: 1 } }),
            return: close,
          }),
        }),
      };
      const error = await onClock(() =>
        assertRejects(() =>
          durable(same, { id: ID, mode, store: memoryStore() })
            .run(source, () => Promise.reject(failure), RUN)
        )
      );

      assertStrictEquals(error, failure);
    }
  }
});

test("a job that fails says why, whatever its store does when it is given back", async () => {
  const failure = new Error("no");
  const releases = [
    () => Promise.reject(new Error("release")),
    () => {
      throw new Error("release");
    },
    // A store that was written by hand may return nothing.
    () => undefined as never,
    never,
  ];
  for (const mode of MODES) {
    for (const release of releases) {
      const inner = memoryStore();
      const store = { ...inner, release };
      const fails = durable(same, { id: ID, mode, store });
      const sink = () => Promise.reject(failure);
      const run = () => onClock(() => assertRejects(() => fails.run(positioned([1]), sink, RUN)));
      assertStrictEquals(await run(), failure);

      await onClock(() =>
        durable(same, { id: ID, mode, store: inner }).run(positioned([1]), () => {})
      );
      const migrating = durable(same, {
        id: ID,
        mode,
        store,
        version: 2,
        migrate: () => Promise.reject(failure),
      });
      const migrate = () => migrating.run(positioned([1]), () => {}, RUN);
      assertStrictEquals(await onClock(() => assertRejects(migrate)), failure);
    }
  }
});

test("consume() ends while its sink, its dead letters or its queue never answer", async () => {
  const reason = new Error("leave");
  for (const hanging of ["sink", "letters", "ack", "nack"]) {
    for (const how of ["signal", "stop"] as const) {
      const controller = new AbortController();
      const told = (name: string) => name === hanging ? never() : Promise.resolve();
      const queue = {
        async *open() {
          for (const item of [1, 2]) {
            const ack = () => told("ack");
            yield { item, attempts: 1, ack, nack: () => told("nack"), extend() {} };
          }
          await Promise.resolve();
        },
      };
      const consuming = onClock(async () => {
        const running = consume(odd, queue, () => hanging === "sink" ? never() : undefined, {
          ...RUN,
          [how]: controller.signal,
          ...(hanging === "letters" && { poison: { attempts: 1, to: never } }),
        });
        for (let turn = 0; turn < 100; turn++) await undefined;
        controller.abort(reason);
        return await running;
      });
      const error = await consuming.then(() => undefined, (error) => error);

      if (how === "signal") assertStrictEquals(error, reason);
      else if (error !== undefined) assertEquals(error.name, "TimeoutError");
    }
  }
});

test("a job that is stopped while an item fails begins nothing anew, and leaves no timer", async () => {
  const pipeline = StreamingPipeline.start<number>().route("route", (n) => n % 2 ? "odd" : "even", {
    odd: (items) => items.batch("pair", { size: 2, maxWaitMs: 9 }).flatten("each"),
    even: (items) => items,
  });
  const store = memoryStore();
  const taken: number[] = [];
  await onClock(async () => {
    const create = () =>
      durable(pipeline, { id: ID, mode: "acks", store, poison: { attempts: 9, to() {} } });
    const job = create();
    let failures = 0;
    const running = job.run(positioned([1, 2, 3, 4, 5]), (n) => {
      taken.push(n);
      if (n !== 1 || failures++ > 0) return;
      job.stop({ deadlineMs: 5 });
      throw new Error("no");
    });
    assertEquals((await running).status, "stopped");
    assertEquals(failures, 1);
    assertEquals(
      (await create().run(positioned([1, 2, 3, 4, 5]), (n) => taken.push(n))).status,
      "ended",
    );
  });

  assertEquals([...new Set(taken)].toSorted(), [1, 2, 3, 4, 5]);
});
