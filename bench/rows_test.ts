import assert from "node:assert/strict";
import { verify } from "./lib/measure.ts";
import { ROWS } from "./rows.ts";

for (const row of ROWS) {
  Deno.test(`all contenders of ${row.id} do the same work`, async () => {
    for (const group of row.groups) {
      for (const contender of group.contenders) {
        assert.equal(await verify(group, contender), undefined, `${group.name}, ${contender.name}`);
      }
    }
  });

  Deno.test(`${row.id} names contenders that it has`, () => {
    const known = (group: string, name: string): number => {
      const contenders = row.groups.find((each) => each.name === group)?.contenders ?? [];
      assert(contenders.some((each) => each.name === name), `${group} has no ${name}`);
      return 1;
    };
    for (const { figure } of row.targets) assert.equal(figure(known), 1);
    for (const { name, baseline } of row.groups) known(name, baseline);
  });
}

Deno.test("rows, groups and contenders have names of their own", () => {
  const repeated = (names: readonly string[]) =>
    names.filter((name, at) => names.indexOf(name) < at);
  assert.deepEqual(repeated(ROWS.map(({ id }) => id)), []);
  for (const { groups } of ROWS) {
    assert.deepEqual(repeated(groups.map(({ name }) => name)), []);
    for (const { contenders } of groups) {
      assert.deepEqual(repeated(contenders.map(({ name }) => name)), []);
    }
  }
});
