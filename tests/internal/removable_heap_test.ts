import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RemovableHeap } from "../../src/internal/removable_heap.ts";
import { test } from "../harness.ts";

test("RemovableHeap gives its elements in order, whatever was put in and removed between", () => {
  const command = fc.oneof(
    fc.record({ push: fc.integer() }),
    fc.record({ remove: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
      const heap = new RemovableHeap<{ value: number }>((a, b) => a.value < b.value);
      const model: { value: number }[] = [];
      for (const command of commands) {
        if ("push" in command) {
          const element = { value: command.push };
          heap.push(element);
          model.push(element);
        } else if (model.length > 0) {
          const [removed] = model.splice(command.remove % model.length, 1);
          heap.remove(removed!);
          // What is removed already changes nothing.
          heap.remove(removed!);
        }
        const least = Math.min(...model.map(({ value }) => value));
        assertEquals([heap.peek()?.value ?? Infinity, heap.size], [least, model.length]);
      }
    }),
  );
});

test("RemovableHeap keeps what is left when it clears away what was removed", () => {
  const heap = new RemovableHeap<object>(() => false);
  const kept = {};
  heap.push(kept);
  for (let index = 0; index < 1_000; index++) {
    const element = {};
    heap.push(element);
    heap.remove(element);
  }
  assertEquals([heap.peek(), heap.size], [kept, 1]);
});
