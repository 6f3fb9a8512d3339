import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heap } from "../../src/internal/heap.ts";
import { test } from "../harness.ts";

test("Heap gives its elements in order, whatever was put in, taken out and left out between", () => {
  const command = fc.oneof(
    fc.record({ push: fc.integer() }),
    fc.constant({ pop: true }),
    fc.record({ retain: fc.integer({ min: 1, max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const heap = new Heap<number>((a, b) => a < b);
      let model: number[] = [];
      for (const command of commands) {
        if ("push" in command) {
          heap.push(command.push);
          model.push(command.push);
        } else if ("retain" in command) {
          const isKept = (element: number) => element % command.retain === 0;
          heap.retain(isKept);
          model = model.filter(isKept);
        } else assertEquals(heap.pop(), model.shift());
        model.sort((a, b) => a - b);
        assertEquals([heap.peek(), heap.size], [model[0], model.length]);
      }
    }),
  );
});
