// Which stages can be read, and when: checkpoints "on-demand", "always" and "never".

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  type CheckpointMode,
  createStreamingStep,
  StateNotRecordedError,
  StreamingPipeline,
  type StreamingState,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, MODES, range, slowRange } from "./_support.ts";

type State = StreamingState<{ added: number; mapped: number }>;
type Key = "added" | "mapped";

const pass = createStreamingStep<number, number>("pass", async function* ({ input }) {
  yield* input;
});

/** A pipeline whose last step reads two items, and then looks at its state. */
async function readLate(
  checkpoints: CheckpointMode | undefined,
  look: (state: State) => unknown,
): Promise<unknown> {
  const options = checkpoints === undefined ? {} : { checkpoints };
  const pipeline = StreamingPipeline.start<number>(undefined, options)
    .add("added", pass)
    .map("mapped", (item) => item + 1)
    .add("step", async function* ({ input, state }) {
      await input.next();
      await input.next();
      yield await look(state);
      yield await collect(input);
    });
  const [seen, rest] = await pipeline.executeToArray(slowRange(5));
  assertEquals(rest, [3, 4, 5]);
  return seen;
}

/** The sentence that a reader gets who comes too late. */
function tooLate(key: Key): string {
  return `Cannot read what stage "${key}" has made: items have gone by unrecorded. Ask before the ` +
    "step reads its input, put .checkpoint() after the stage, or, for a stage made by add, start " +
    'with checkpoints: "always"';
}

for (const checkpoints of [undefined, "on-demand"] as const) {
  test(`state asked for too late throws and names the key and the way out (${checkpoints ?? "by default"})`, async () => {
    await readLate(checkpoints, async (state) => {
      for (const key of ["added", "mapped"] as const) {
        const thrown = assertThrows(() => state.stream(key), StateNotRecordedError, tooLate(key));
        const rejected = await assertRejects(
          () => state.materialize(key),
          StateNotRecordedError,
          tooLate(key),
        );
        for (const error of [thrown, rejected]) {
          assertEquals([error.key, error.code, error.name], [
            key,
            "STATE_NOT_RECORDED",
            "StateNotRecordedError",
          ]);
        }
      }
    });
  });
}

test("asked for at the start, on-demand reads any stage", async () => {
  const seen = await StreamingPipeline.start<number>(undefined, { checkpoints: "on-demand" })
    .map("mapped", (item) => item + 1)
    .add("step", async function* ({ state }) {
      yield await state.materialize("mapped");
    }).executeToArray(range(3));

  assertEquals(seen, [[1, 2, 3]]);
});

test('with "always", what add stages made can be read at any time, whole and as often as asked', async () => {
  const seen = await readLate("always", async (state) => {
    const first = await collect(state.stream("added"));
    const brief = state.stream("added");
    await brief.next();
    await brief.return();
    return [first, await state.materialize("added"), await collect(state.stream("added"))];
  });

  assertEquals(seen, [range(5), range(5), range(5)]);
});

test('with "always", other stages are not kept: asked for late, they throw', async () => {
  await readLate("always", (state) => {
    assertThrows(() => state.stream("mapped"), StateNotRecordedError, tooLate("mapped"));
  });
});

test('with "always", add stages are read late through steps of one item and parallel stages', async () => {
  const seen = await StreamingPipeline.start<number>(undefined, { checkpoints: "always" })
    .add("first", pass)
    .map("parallel", async (item) => await item * 2, { parallel: true, ordered: false })
    .add("second", pass)
    .filter("some", (item) => item % 4 === 0)
    .add("step", async function* ({ input, state }) {
      for await (const _ of input);
      yield [await state.materialize("first"), (await state.materialize("second")).length];
    }).executeToArray(range(6));

  assertEquals(seen, [[range(6), 6]]);
});

test('[L8] with "always", runs keep their items apart', async () => {
  const pipeline = StreamingPipeline.start<number>(undefined, { checkpoints: "always" })
    .add("first", pass)
    .add("step", async function* ({ input, state }) {
      for await (const _ of input);
      yield await state.materialize("first");
    });

  const runs = [3, 0, 5].map((count) => pipeline.executeToArray(slowRange(count)));

  assertEquals(await Promise.all(runs), [[range(3)], [[]], [range(5)]]);
});

test('with "never", stream and materialize throw, early and late, and accumulated is there', async () => {
  const look = async (state: State) => {
    const sentence = 'Cannot read what stage "added" has made: the pipeline was started with ' +
      'checkpoints: "never"';
    assertThrows(() => state.stream("added"), StateNotRecordedError, sentence);
    await assertRejects(() => state.materialize("added"), StateNotRecordedError, sentence);
  };
  await readLate("never", look);
  const seen = await StreamingPipeline.start<number>(undefined, { checkpoints: "never" })
    .add("added", pass).map("mapped", (item) => item + 1)
    .add("step", async function* ({ input, state }) {
      await look(state);
      for await (const _ of input) yield { ...state.accumulated, has: state.hasSnapshot("added") };
    }).checkpoint("all").map("count", (_item, _index, { state }) => state.accumulated.all.length)
    .executeToArray(range(2));

  assertEquals(seen, [2, 2]);
});

for (const checkpoints of ["on-demand", "always", "never"] as const) {
  for (const { title, options } of MODES) {
    test(`in a function, ${title}, stream and materialize throw at once (${checkpoints})`, async () => {
      const pipeline = StreamingPipeline.start<number>(undefined, { checkpoints })
        .add("added", pass)
        .map("seen", async (_item, _index, { state }) => {
          const thrown = assertThrows(() => state.stream("added"), StateNotRecordedError);
          let rejected: unknown;
          await state.materialize("added").catch((error) => {
            rejected = error;
          });
          assertInstanceOf(rejected, StateNotRecordedError);
          return [thrown.key, rejected.key, thrown.message === rejected.message, thrown.message];
        }, options);

      const seen = await pipeline.executeToArray(range(2));

      const sentence = 'Cannot read what stage "added" has made: a function sees one item at a ' +
        "time. Read it in a step (add), or put .checkpoint() before";
      assertEquals(seen, range(2).map(() => ["added", "added", true, sentence]));
    });
  }
}

test("a streaming step that runs once per item cannot read what flows past it", async () => {
  const step = createStreamingStep<number, string, { added: number }>(
    "step",
    async function* ({ input, state }) {
      for await (const item of input) {
        const error = assertThrows(() => state.stream("added"), StateNotRecordedError);
        yield `${item} ${error.key}`;
      }
    },
  );
  const added = StreamingPipeline.start<number>().add("added", pass);

  const parallel = await added.map("seen", step, { parallel: true }).executeToArray(range(2));
  const branched = await added.branch("seen", () => true, step, step).executeToArray(range(2));

  assertEquals([parallel, branched], [["0 added", "1 added"], ["0 added", "1 added"]]);
});

test("[L9] checkpoints must be one of the three, or the pipeline does not start", () => {
  for (const checkpoints of ["sometimes", "", null, true, 1]) {
    assertThrows(
      () => StreamingPipeline.start(undefined, { checkpoints: checkpoints as CheckpointMode }),
      TypeError,
      "checkpoints",
    );
  }
});
