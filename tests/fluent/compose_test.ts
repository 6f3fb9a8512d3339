import { assertEquals, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";
import { readFailure } from "../operators/_outcome.ts";

const start = StreamingPipeline.start<number>();
const first = start.map("doubled", (item) => item * 2);
const second = start.filter("large", (item) => item > 2).batch("pairs", 2);

test("compose() appends the stages of another pipeline", async () => {
  const both = first.compose(second);

  assertEquals(await both.executeToArray([1, 2, 3, 4]), [[4, 6], [8]]);
  assertEquals(await first.executeToArray([1, 2]), [2, 4]);
  assertEquals(await second.executeToArray([1, 3]), [[3]]);
});

test("compose() with a pipeline without stages changes nothing", async () => {
  assertEquals(await first.compose(start).executeToArray([1]), [2]);
  assertEquals(await start.compose(first).executeToArray([1]), [2]);
});

test("compose() joins any number of pipelines, which can be built upon", async () => {
  const all = first
    .compose(start.take("three", 3))
    .compose(start.map("text", (item) => `${item}`))
    .map("length", (text, _index, { state }) => [text, state.accumulated.doubled]);

  assertEquals<unknown>(await all.executeToArray([1, 2, 3, 4]), [["2", 2], ["4", 4], ["6", 6]]);
});

test("compose() shows the earlier stages' state to the functions of the later pipeline", async () => {
  const seen: unknown[] = [];
  const looks = start.tap("look", (_item, _index, { state }) => {
    seen.push({ ...state.accumulated });
  });

  await first.compose(looks).executeToArray([1]);
  await looks.executeToArray([1]);

  assertEquals(seen, [{ doubled: 2 }, {}]);
});

test("compose() runs all stages with the context of the pipeline it is called on", async () => {
  let built = 0;
  const own = StreamingPipeline.start<number, string>(() => "own").map("item", (item) => item);
  const other = StreamingPipeline.start<number, string>(() => `other ${++built}`)
    .map("context", (_item, _index, { context }) => context);

  assertEquals(await own.compose(other).executeToArray([1]), ["own"]);
  assertEquals(built, 0);
});

test("[L9] compose() refuses a pipeline that has a key in common, and names it", () => {
  const other = start.take("one", 1).map("doubled", (item) => item);

  // @ts-expect-error both have a stage called "doubled"
  const error = assertThrows(() => first.compose(other), TypeError);

  assertEquals(error.message.includes(`"doubled"`), true, error.message);
  // @ts-expect-error it has all keys in common with itself
  assertThrows(() => first.compose(first), TypeError, `"doubled"`);
});

test("[L9] compose() refuses what is not a streaming pipeline", () => {
  for (const other of [undefined, null, {}, [], () => {}, "pipeline"]) {
    assertThrows(() => untyped(first)["compose"]!(other), TypeError, "a StreamingPipeline");
  }
});

test("an error of a composed stage names that stage", async () => {
  const failing = start.map("checked", (item) => {
    if (item === 4) throw new Error("four");
    return item;
  });

  const { items, error } = await readFailure(first.compose(failing).execute([1, 2, 3]));

  assertEquals(items, [2]);
  assertEquals([error.key, error.itemIndex], ["checked", 1]);
});
