import { assertEquals, assertThrows } from "@std/assert";
import { Segment } from "../../src/core/segment.ts";
import type { SegmentParts } from "../../src/core/segment_parts.ts";
import { NO_SLOT } from "../../src/core/state.ts";
import { isNestedDeep } from "../../src/internal/nesting.ts";
import { test } from "../harness.ts";

test("a loop that throws, as where the stack is full, takes its level with it", () => {
  const overflow = () => {
    throw new RangeError("Maximum call stack size exceeded");
  };
  const parts = {
    scope: { metadata: { sampleEvery: Infinity, asyncBudget: 0 } },
    feed: { next: overflow },
    slot: NO_SLOT,
    path: [],
    owner: { createError: overflow },
  };

  for (let turn = 0; turn < 100; turn++) {
    const segment = new Segment(parts as unknown as SegmentParts, []);
    assertThrows(() => segment.advance(1), RangeError);
  }

  assertEquals(isNestedDeep(), false);
});
