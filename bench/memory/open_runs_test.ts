import assert from "node:assert/strict";
import { forms } from "./open_runs.ts";
import { MemoryProbe } from "./probe.ts";
import { WORKLOADS } from "./workloads.ts";

const runs = WORKLOADS.find(({ id }) => id === "runs")!;

Deno.test("the runner and the process know the same forms of open runs", () => {
  assert.deepEqual(runs.forms.map(({ id }) => id).toSorted(), Object.keys(forms).toSorted());
});

for (const { id, name } of runs.forms) {
  Deno.test(`${name}: opens every run, and is looked at while all are open`, async () => {
    let opened = 0;
    let atLook = 0;
    const probe = new MemoryProbe({ every: Infinity, collect: () => {} });
    probe.count = () => void opened++;
    probe.look = () => void (atLook = opened);
    assert.equal(await forms[id]!(20, probe), runs.expected(20, id));
    assert.equal(atLook, 20);
  });
}
