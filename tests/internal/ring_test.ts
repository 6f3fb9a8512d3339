import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Ring } from "../../src/internal/ring.ts";
import { test } from "../harness.ts";

test("an empty ring has nothing to give", () => {
  const ring = new Ring<number>();

  assertEquals([ring.length, ring.peek(), ring.shift(), ring.length], [0, undefined, undefined, 0]);
  assertEquals([...ring], []);
});

test("a ring returns what was put in first", () => {
  const ring = new Ring<string>();
  ring.push("a");
  ring.push("b");

  assertEquals([ring.peek(), ring.length], ["a", 2]);
  assertEquals([ring.shift(), ring.shift(), ring.shift()], ["a", "b", undefined]);
});

test("a ring holds undefined like any other element", () => {
  const ring = new Ring<undefined>();
  ring.push(undefined);
  ring.push(undefined);

  assertEquals([ring.length, ring.shift(), ring.length], [2, undefined, 1]);
});

test("a ring keeps the order when it grows while its head is in the middle", () => {
  const ring = new Ring<number>();
  for (let element = 0; element < 16; element++) ring.push(element);
  for (let element = 0; element < 10; element++) ring.shift();
  for (let element = 16; element < 100; element++) ring.push(element);

  assertEquals(ring.length, 90);
  assertEquals([...ring], Array.from({ length: 90 }, (_, index) => index + 10));
  assertEquals(Array.from({ length: 90 }, () => ring.shift()), [
    ...Array.from({ length: 90 }, (_, index) => index + 10),
  ]);
});

test("a ring does what an array would do, for any order of calls", () => {
  const calls = fc.array(fc.option(fc.integer(), { nil: undefined, freq: 2 }), { maxLength: 200 });

  fc.assert(fc.property(calls, (calls) => {
    const ring = new Ring<number>();
    const array: number[] = [];
    for (const call of calls) {
      if (call === undefined) assertEquals(ring.shift(), array.shift());
      else {
        ring.push(call);
        array.push(call);
      }
      assertEquals([ring.length, ring.peek()], [array.length, array[0]]);
    }
    assertEquals([...ring], array);
  }));
});
