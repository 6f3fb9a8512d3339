// What each fresh project runs: every entry of the package, once.

import { createStep, Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { StreamingPipeline as CorePipeline } from "@headrace/pipeline/core";
import { batch } from "@headrace/pipeline/operators";
import { merge } from "@headrace/pipeline/sources";

/** Resolves where all is as it must be; rejects with what is not. */
export async function run() {
  const length = createStep("length", ({ input }) => input.length);
  const streaming = StreamingPipeline.start()
    .through("text", () => new TextDecoderStream())
    .flatMap("word", (text) => text.split(" "))
    .map("length", length, { parallel: true });
  const bytes = new TextEncoder().encode("a mill wheel");
  expect("streaming", [1, 4, 5], await streaming.executeToArray([bytes]));

  const core = CorePipeline.start().use("pairs", batch(2));
  expect("core", [[1, 2], [3]], await core.executeToArray([1, 2, 3]));

  const merged = [];
  for await (const item of merge([1], [2])) merged.push(item);
  expect("sources", [1, 2], merged.toSorted());

  const result = await Pipeline.start().map("length", length).execute(["race"]);
  expect("batch", [4], result.data);
}

function expect(what, wanted, got) {
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(got)];
  if (left !== right) throw new Error(`${what}: wanted ${left}, got ${right}`);
}
