import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RecencySet } from "../../src/internal/recency.ts";
import { test } from "../harness.ts";

const KEYS = [undefined, null, Number.NaN, 0, "0", "a", "b"] as const;
const STEPS = fc.array(fc.record({
  key: fc.constantFrom(...KEYS),
  isDelete: fc.boolean(),
}));

test("a set by recency agrees with an array, whatever is used and deleted", () => {
  fc.assert(fc.property(STEPS, (steps) => {
    const keys = new RecencySet<unknown>();
    let model: unknown[] = [];
    for (const { key, isDelete } of steps) {
      const isKnown = model.includes(key);
      model = model.filter((each) => !Object.is(each, key));
      if (isDelete) keys.delete(key);
      else {
        assertEquals(keys.use(key), !isKnown);
        model.push(key);
      }
      assertEquals([keys.size, keys.oldest], [model.length, model[0]]);
      assertEquals([...keys], model);
    }
  }));
});
