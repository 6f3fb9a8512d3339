import assert from "node:assert/strict";
import { judge } from "./growth.ts";
import { expectedOf, KEYED_FORMS } from "./keyed_forms.ts";
import { forms } from "./keys.ts";
import { renderOverview } from "./overview.ts";
import { MemoryProbe } from "./probe.ts";
import { WORKLOADS } from "./workloads.ts";

for (const { id, name } of KEYED_FORMS) {
  Deno.test(`${name}: gives what it must, and tells the probe three times per item`, async () => {
    for (const items of [0, 1, 3_000]) {
      let calls = 0;
      const probe = new MemoryProbe({ every: Infinity, collect: () => {} });
      probe.count = () => void calls++;
      assert.equal(await forms[id]!(items, probe), expectedOf(items, id));
      assert.equal(calls, items * 3);
    }
  });
}

Deno.test("distinct is expected to drop the keys that it remembers, and no others", () => {
  assert.equal(expectedOf(3_000, "distinct-1000"), 1_000);
  assert.equal(expectedOf(3_000, "distinct-window"), 3_000);
  assert.equal(expectedOf(1_000_000, "distinct-100000"), 100_000);
  assert.equal(expectedOf(1_000_000, "groupBy-1000"), 1_000_000);
});

Deno.test("a workload without targets has no table of them", () => {
  const keys = WORKLOADS.find(({ id }) => id === "keys")!;
  assert.doesNotMatch(renderOverview(keys, [], judge(keys, [])), /Targets/);
});
