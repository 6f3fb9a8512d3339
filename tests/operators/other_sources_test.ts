// The stages that read another source beside the stream: what tells them from the functions on
// sources, which have tests of their own.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type Many, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";

type Build = (other: () => Many<number>) => StreamingPipeline<number, unknown, unknown>;

const start = () => StreamingPipeline.start<number>();

const BY_ITEM = {
  leftKey: (item: number) => item,
  rightKey: (item: number) => item,
  kind: "left",
} as const;

/** Each of them, and what it makes of 1, 2 beside 2, 3. */
const STAGES: Record<string, { build: Build; makes?: unknown[] }> = {
  mergeWith: { build: (other) => start().mergeWith("both", other) },
  concatWith: { build: (other) => start().concatWith("both", other), makes: [1, 2, 2, 3] },
  interleaveWith: { build: (other) => start().interleaveWith("both", other), makes: [1, 2, 2, 3] },
  zipWith: { build: (other) => start().zipWith("both", other), makes: [[1, 2], [2, 3]] },
  combineLatestWith: { build: (other) => start().combineLatestWith("both", other) },
  "joinWith by a table": {
    build: (other) => start().joinWith("both", other, { ...BY_ITEM, strategy: "hash" }),
    makes: [[1, undefined], [2, 2]],
  },
  "joinWith by order": {
    build: (other) => start().joinWith("both", other, { ...BY_ITEM, strategy: "sorted" }),
    makes: [[1, undefined], [2, 2]],
  },
};

test("mergeWith() gives the items of both as they come, each source's in order", async () => {
  const items = await start().mergeWith("both", [10, 20, 30]).executeToArray([1, 2]);

  assertEquals(items.filter((item) => item < 10), [1, 2]);
  assertEquals(items.filter((item) => item >= 10), [10, 20, 30]);
});

test("[L10] mergeWith() gives the items of the one while the other is silent", async () => {
  const silent = new SourceProbe("an async iterable", { silentAfter: 0 });
  const fromStream = start().mergeWith("both", () => silent.source).execute([1, 2]);
  const fromOther = start().mergeWith("both", [1, 2]).execute(silent.source);

  for (const items of [fromStream, fromOther]) {
    assertEquals((await items.next()).value, 1);
    assertEquals((await items.next()).value, 2);
    await items.return();
  }
  assertEquals(silent.closed, 2);
});

test("concatWith() opens the other source when the stream has ended", async () => {
  const other = new SourceProbe("an async iterable", { items: [3] });
  const items = start().concatWith("both", () => other.source).execute([1, 2]);

  assertEquals([(await items.next()).value, (await items.next()).value], [1, 2]);
  assertEquals(other.opened, 0);
  assertEquals([(await items.next()).value, (await items.next()).done], [3, true]);
});

test("combineLatestWith() pairs each new item with the latest of the other", async () => {
  const rows = await start().combineLatestWith("both", ["a"]).executeToArray([1, 2]);

  assertEquals(rows.at(-1), [2, "a"]);
  assert(rows.every(([number, letter]) => number > 0 && letter === "a"));
});

for (const [name, { build, makes }] of Object.entries(STAGES)) {
  if (makes !== undefined) {
    test(`${name}: what comes out, in every run`, async () => {
      const pipeline = build(() => [2, 3]);

      for (const _run of [1, 2]) assertEquals(await pipeline.executeToArray([1, 2]), makes);
    });
  }

  test(`[L1] ${name} opens neither source before the first pull`, () => {
    const [stream, other] = [probe(), probe()];
    build(() => other.source).execute(stream.source);

    assertEquals([stream.opened, other.opened], [0, 0]);
  });

  test(`[L4] ${name} closes both sources when the reader stops`, async () => {
    const [stream, other] = [probe(), table()];
    for await (const _item of build(() => other.source).execute(stream.source)) break;

    assertEquals([stream.closed, stream.cleaned], [1, 1]);
    assertClosedOrOver(other);
  });

  test(`[L6] ${name}: a failure of the other source is that of the stage, and closes the stream`, async () => {
    const failure = new Error("gone");
    const stream = new SourceProbe("an async iterable", { items: [1, 2] });
    const other = new SourceProbe("an async iterable", { failAfter: 1, failure });
    const error = await assertRejects(
      () => build(() => other.source).executeToArray(stream.source),
      StreamingError,
    );

    assertEquals([error.key, error.cause], ["both", failure]);
    assertClosedOrOver(stream);
  });

  test(`[L6] ${name}: a failure of the stream is that of the source, and closes the other`, async () => {
    const failure = new Error("gone");
    const stream = new SourceProbe("an async iterable", { failAfter: 1, failure });
    const other = table();
    const error = await assertRejects(
      () => build(() => other.source).executeToArray(stream.source),
      StreamingError,
    );

    assertEquals([error.key, error.cause, error.phase], ["source", failure, "pull"]);
    assertClosedOrOver(other);
  });

  test(`[L13] ${name}: an abort while both are silent rejects with its reason`, async () => {
    const silent = () => new SourceProbe("an async iterable", { silentAfter: 0 });
    const [stream, other] = [silent(), silent()];
    const controller = new AbortController();
    const running = build(() => other.source)
      .executeToArray(stream.source, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);

    assertEquals(await running.catch((error) => error), reason);
    assertEquals([stream.closed, other.closed], [stream.opened, other.opened]);
  });

  test(`${name}: a function that gives no source, or throws, fails the run`, async () => {
    const error = await assertRejects(
      () => build(() => 3 as never).executeToArray([1]),
      StreamingError,
    );
    assertEquals(error.key, "both");
    assert(error.cause instanceof TypeError);
    assertStringIncludes(error.cause.message, 'Cannot run the stage "both" (');
    const rule = "other must return an iterable, an async iterable or a web stream, got number";
    assertStringIncludes(error.cause.message, rule);

    const failure = new Error("cannot open");
    const thrown = await assertRejects(
      () =>
        build(() => {
          throw failure;
        }).executeToArray([1]),
      StreamingError,
    );
    assertEquals(thrown.cause, failure);
  });
}

/** How many items of the stream have entered when the function is called. */
const TURNS: Readonly<Record<string, { readonly build: Build; readonly entered: number }>> = {
  mergeWith: { ...STAGES.mergeWith!, entered: 1 },
  concatWith: { ...STAGES.concatWith!, entered: 3 },
  interleaveWith: { ...STAGES.interleaveWith!, entered: 1 },
  zipWith: { ...STAGES.zipWith!, entered: 1 },
  combineLatestWith: { ...STAGES.combineLatestWith!, entered: 1 },
  "joinWith by a table": { ...STAGES["joinWith by a table"]!, entered: 0 },
  "joinWith by a table of the stream": {
    build: (other) =>
      start().joinWith("both", other, { ...BY_ITEM, strategy: "hash", build: "left" }),
    entered: 3,
  },
  "joinWith by order": { ...STAGES["joinWith by order"]!, entered: 1 },
};

for (const [name, { build, entered }] of Object.entries(TURNS)) {
  for (const isLater of [false, true]) {
    const answer = isLater ? " that promises its source" : "";

    test(`[L1] ${name} calls the function${answer} once a run, when the source is needed`, async () => {
      const stream = new SourceProbe("a sync iterable", { items: [1, 2, 3] });
      const calledAt: number[] = [];
      const pipeline = build(() => {
        calledAt.push(stream.given);
        return isLater ? Promise.resolve([1, 2, 3]) as never : [1, 2, 3];
      });

      for (const _run of [1, 2]) {
        stream.given = 0;
        stream.pulls = 0;
        assert((await pipeline.executeToArray(stream.source)).length > 0);
      }

      assertEquals(calledAt, [entered, entered]);
    });

    test(`[L6] ${name}: what the function${answer} fails with is the stage's failure`, async () => {
      const failure = new Error("no connection");
      const pipeline = build(() => {
        if (isLater) return Promise.reject(failure) as never;
        throw failure;
      });

      const error = await assertRejects(() => pipeline.executeToArray([1, 2]), StreamingError);

      assertEquals([error.key, error.cause], ["both", failure]);
    });
  }

  test(`[L1] ${name} does not call the function of a run that is left before`, async () => {
    let calls = 0;
    const pipeline = build(() => (calls++, [1, 2, 3]));

    await pipeline.execute([1, 2]).return();
    await pipeline.take("none", 0).executeToArray([1, 2]);
    if (name === "concatWith") { for await (const _ of pipeline.execute([1, 2])) break; }

    assertEquals(calls, 0);
  });
}

test("what the function promises is checked as what it returns", async () => {
  const pipeline = start().concatWith("both", () => Promise.resolve(3) as never);

  const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  assert(error.cause instanceof TypeError && error.cause.message.endsWith("got number"));
});

test("the function that opens the other source gets the context of its run", async () => {
  const pipeline = StreamingPipeline.start<number, { extra: number[] }>(() => ({ extra: [8, 9] }))
    .concatWith("both", ({ context }) => context.extra);

  assertEquals(await pipeline.executeToArray([1]), [1, 8, 9]);
});

test("[L9] another source that is not one is refused when the stage is built", () => {
  const given = (value: unknown) => value as never;
  const builds = {
    mergeWith: () => start().mergeWith("both", given(3)),
    concatWith: () => start().concatWith("both", given("text")),
    interleaveWith: () => start().interleaveWith("both", given(undefined)),
    zipWith: () => start().zipWith("both", given({})),
    combineLatestWith: () => start().combineLatestWith("both", given(null)),
    joinWith: () => start().joinWith("both", given(true), { ...BY_ITEM, strategy: "hash" }),
  };
  for (const [operator, build] of Object.entries(builds)) {
    assertThrows(
      build,
      TypeError,
      `Cannot add the stage "both" (${operator}): other must be an iterable, an async iterable, a web ` +
        "stream or a function that returns one, got ",
    );
  }
  assertThrows(
    () => start().joinWith("both", [], given({ ...BY_ITEM, strategy: "loop" })),
    TypeError,
    'Cannot add the stage "both" (joinWith): strategy must be one of hash, sorted, got "loop"',
  );
  assertThrows(() => start().mergeWith("", []), TypeError, "key must be a non-empty string");
});

/** What has ended is not closed again, and what was not opened yet has nothing to close. */
function assertClosedOrOver(source: SourceProbe): void {
  const closed = source.isOver ? 0 : source.opened;
  assertEquals(source.closed, closed);
  // The clean-up of a source that owes an item is not waited for.
  if (!source.owedAtClose) assertEquals(source.cleaned, closed);
}

function table(): SourceProbe {
  return new SourceProbe("an async iterable", { items: [0, 1, 2] });
}

function probe(): SourceProbe {
  return new SourceProbe("an async iterable");
}
