// The document's example 4: a page of the items, without processing those after it.

import { assertEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { Printer } from "./_seed.ts";

interface Input {
  readonly id: number;
}

test("example 4: pagination", async () => {
  const console = new Printer();
  const given: number[] = [];
  let closed = 0;

  async function* getAllItems(): AsyncGenerator<Input> {
    try {
      for (let id = 0;; id++) {
        given.push(id);
        yield await { id };
      }
    } finally {
      closed++;
    }
  }

  const processStep = createStreamingStep<Input, string>("process", async function* ({ input }) {
    for await (const { id } of input) yield `item ${id}`;
  });

  async function* getPage(pageNumber: number, pageSize: number) {
    const pipeline = StreamingPipeline.start<Input>()
      .map("process", processStep)
      .skip("skipToPage", pageNumber * pageSize)
      .take("pageItems", pageSize);

    const input = getAllItems();
    for await (const item of pipeline.execute(input)) {
      yield item;
    }
  }

  // Get page 2 (items 20-29) without processing all items
  for await (const item of getPage(2, 10)) {
    console.log(item);
  }

  assertEquals(console.lines, Array.from({ length: 10 }, (_, index) => [`item ${20 + index}`]));
  assertEquals(given.length, 30);
  assertEquals(closed, 1);
});
