// The laws that all functions on sources keep, with sources of every kind.

import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { test } from "../harness.ts";
import { SOURCE_KINDS, type SourceKind, SourceProbe } from "../../src/testing/source_probe.ts";
import { ASYNC_SOURCE_KINDS } from "../support/source_kinds.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { assertTidy, createInputs, type Row, ROWS } from "./_rows.ts";

const DONE = { done: true, value: undefined };
const FAILURE = new Error("thrown by the test");
const REASON = new Error("the reason of the test");

/** Each source has three items, unless `options` say otherwise for one of them. */
function open(row: Row, kind: SourceKind, options: { fails?: number; silent?: number } = {}) {
  const inputs = createInputs(Array(row.maxSources).fill(3), options.fails);
  const probes = inputs.map(({ items, fails }, source) =>
    new SourceProbe(kind, {
      items,
      ...(fails && { failAfter: items.length, failure: FAILURE }),
      ...(source === options.silent && { silentAfter: 1 }),
    })
  );
  return { inputs, probes, items: row.build(probes.map(({ source }) => source)) };
}

async function readAll(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

for (const row of ROWS) {
  for (const kind of SOURCE_KINDS) {
    test(`[L3] ${row.name} gives what its model gives from ${kind}`, async () => {
      const { inputs, probes, items } = open(row, kind);

      row.check(inputs, await readAll(items), "done");

      probes.forEach(assertTidy);
    });

    test(`[L4] ${row.name} closes each opened ${kind} once when its reader breaks`, async () => {
      for (const after of [1, 2, 3]) {
        const { probes, items } = open(row, kind);

        let seen = 0;
        for await (const _ of items) if (++seen === after) break;

        assertEquals(seen, after);
        assert(probes.some(({ opened }) => opened === 1));
        probes.forEach(assertTidy);
        assertEquals(await items.next(), DONE);
      }
    });

    test(`[L6] ${row.name} gives what came before ${kind} failed, then the error`, async () => {
      for (let fails = 0; fails < row.maxSources; fails++) {
        const { inputs, probes, items } = open(row, kind, { fails });
        const seen: unknown[] = [];
        let error: unknown;

        try {
          for await (const item of items) seen.push(item);
        } catch (thrown) {
          error = thrown;
        }

        row.check(inputs, seen, error === undefined ? "done" : "failed");
        if (error !== undefined) assertStrictEquals(error, FAILURE);
        probes.forEach(assertTidy);
        assertEquals(await items.next(), DONE);
      }
    });

    test(`[L2] ${row.name} pulls no item of ${kind} that nobody asked for`, async () => {
      const { probes, items } = open(row, kind);

      for (let pulls = 1; pulls <= 3; pulls++) {
        await items.next();
        await settle();
        for (const probe of probes) assertLessOrEqual(probe.pulls, row.mostPulled(pulls));
      }

      await items.return();
    });
  }

  for (const kind of ASYNC_SOURCE_KINDS) {
    for (let silent = 0; silent < row.maxSources; silent++) {
      test(`[L5] ${row.name} can be closed while ${kind} is silent: source ${silent}`, async () => {
        const { probes, items } = open(row, kind, { silent });
        const requests = Array.from({ length: 12 }, () => watch(items.next()));
        await settle();
        await settle();

        const result = await items.return();
        await settle();

        assertEquals(result, DONE);
        assertEquals(requests.filter(({ state }) => state !== "resolved"), []);
        probes.forEach(assertTidy);
      });
    }
  }

  test(`[L1] ${row.name} opens nothing before the first pull, nor after a return`, async () => {
    const { probes, items } = open(row, "an async iterable");
    await settle();
    assertEquals(probes.map(({ opened }) => opened), probes.map(() => 0));

    assertEquals([await items.return(), await items.next()], [DONE, DONE]);

    assertEquals(probes.map(({ opened, closed }) => opened + closed), probes.map(() => 0));
  });

  test(`[L3] ${row.name} answers calls of next() that overlap in their order`, async () => {
    const { inputs, items } = open(row, "an async generator");

    const results = await Promise.all(Array.from({ length: 30 }, () => items.next()));

    const seen = results.filter(({ done }) => !done).map(({ value }) => value);
    row.check(inputs, seen, "done");
    assert(results.slice(seen.length).every(({ done }) => done));
  });

  test(`[L4] throw() of ${row.name} rejects with what it is given, and closes`, async () => {
    const { probes, items } = open(row, "a ReadableStream");
    await items.next();

    assertStrictEquals(await items.throw(REASON).catch((error) => error), REASON);
    assertStrictEquals(await items.throw(REASON).catch((error) => error), REASON);

    probes.forEach(assertTidy);
    for (const { closed, reasons } of probes) assertEquals(reasons, Array(closed).fill(REASON));
    assertEquals(await items.next(), DONE);
  });

  test(`[L4] ${row.name} works with await using`, async () => {
    const { probes, items } = open(row, "an async iterable");
    {
      await using owned = items;
      await owned.next();
    }
    probes.forEach(assertTidy);
  });

  test(`[L4] return() of ${row.name} may be called twice, at the same time too`, async () => {
    const { probes, items } = open(row, "an async generator");
    await items.next();

    const results = await Promise.all([items.return(), items.return(), items.next()]);

    assertEquals([...results, await items.return()], [DONE, DONE, DONE, DONE]);
    probes.forEach(assertTidy);
  });

  test(`[L4] ${row.name} tells its reader that a source cannot be closed`, async () => {
    for (const kind of SOURCE_KINDS) {
      const probe = new SourceProbe(kind, { items: [0, 1, 2], closeFailure: REASON });
      const others = createInputs(Array(row.maxSources).fill(3)).slice(1);
      const beside = others.map(({ items }) => new SourceProbe("an async iterable", { items }));
      const items = row.build([probe, ...beside].map(({ source }) => source));
      await items.next();
      const mayBeTold = !probe.isOver && probe.opened === 1;

      const outcome = watch(items.return());
      await settle();
      await settle();

      const isTold = mayBeTold && !probe.owedAtClose;
      assertEquals([outcome.state, probe.closed], [isTold ? "rejected" : "resolved", +mayBeTold]);
      if (isTold) assertStrictEquals(outcome.error, REASON);
    }
  });

  test(`[L6] ${row.name} reports the failure, not that another source cannot be closed`, async () => {
    const sources = Array.from(
      { length: row.maxSources },
      (_, index) =>
        new SourceProbe("an async iterable", {
          items: [0, 1, 2],
          closeFailure: REASON,
          ...(index === row.maxSources - 1 && { failAfter: 1, failure: FAILURE }),
        }).source,
    );

    const error = await readAll(row.build(sources)).catch((thrown) => thrown);

    assertStrictEquals(error, FAILURE);
  });

  test(`[L8] ${row.name} is its own async iterable`, () => {
    const { items } = open(row, "an async iterable");

    assertStrictEquals(items[Symbol.asyncIterator](), items);
  });
}
