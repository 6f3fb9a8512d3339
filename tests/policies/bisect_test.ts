import { assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { type BatchCall, bisect, type BisectOptions, rateLimit } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { httpError, range } from "./_service.ts";

/** A service over batches that refuses those with one of the bad items in them. */
function serviceThatRefuses(bad: readonly number[], status = 400) {
  const calls: number[][] = [];
  const call: BatchCall<number, string> = (items) => {
    calls.push([...items]);
    const isBad = items.some((item) => bad.includes(item));
    return isBad ? Promise.reject(httpError(status)) : Promise.resolve(items.map(String));
  };
  return { call, calls };
}

test("bisect() calls once where a batch is taken, and not for an empty one", async () => {
  const { call, calls } = serviceThatRefuses([]);

  assertEquals(await bisect(call)([1, 2]), [
    { status: "fulfilled", value: "1" },
    { status: "fulfilled", value: "2" },
  ]);
  assertEquals(await bisect(call)([]), []);
  assertEquals(calls, [[1, 2]]);
});

test("bisect() finds the items that are refused, in few calls, and gives the others their answers", async () => {
  const bad = fc.uniqueArray(fc.nat(99), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 100 }), bad, async (count, bad) => {
      const { call, calls } = serviceThatRefuses(bad);
      const items = range(count);
      const answers = await bisect(call, { whenFailed: (item) => -item })(items);

      assertEquals(answers, items.map((item) => bad.includes(item) ? -item : String(item)));
      const refused = bad.filter((item) => item < count).length;
      assertLessOrEqual(calls.length, 1 + 2 * refused * Math.ceil(Math.log2(count)));
    }),
  );
});

for (
  const [what, status, halves] of [
    ["HTTP 400", 400, true],
    ["HTTP 413", 413, true],
    ["HTTP 422", 422, true],
    ["HTTP 401", 401, false],
    ["HTTP 503", 503, false],
  ] as const
) {
  test(`bisect() ${halves ? "halves a batch" : "throws as it is"} for ${what}`, async () => {
    const { call, calls } = serviceThatRefuses([1], status);
    const answered = bisect(call)([0, 1]);

    if (halves) {
      const [, second] = await answered;
      assertEquals(second?.status === "rejected" && second.reason.status, status);
    } else await assertRejects(() => answered, Error, `HTTP ${status}`);
    assertEquals(calls, halves ? [[0, 1], [0], [1]] : [[0, 1]]);
  });
}

test("bisect() throws as it is what says of itself that the service is down, whatever has caused it", async () => {
  const down = Object.assign(httpError(503), { cause: httpError(400) });
  let calls = 0;
  const call = () => (calls++, Promise.reject(down));

  assertEquals(await assertRejects(() => bisect(call)([0, 1])), down);
  assertEquals(calls, 1);
});

test("bisect() halves a batch that has not as many answers as items", async () => {
  const calls: number[][] = [];
  const call = (items: readonly number[]) => {
    calls.push([...items]);
    return items.filter((item) => item !== 2);
  };
  const answers = await bisect(call)([0, 1, 2, 3]);

  assertEquals(calls, [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]]);
  assertEquals(answers.map(({ status }) => status), [
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  const [, , missing] = answers;
  assertEquals(missing?.status === "rejected" && [missing.reason.code, missing.reason.message], [
    "WRONG_COUNT",
    "A batch of 1 items must have as many answers, got 0",
  ]);
});

test("bisect() asks `when`, where it is given", async () => {
  const { call, calls } = serviceThatRefuses([1], 451);
  const asked: unknown[] = [];
  const when = (error: unknown, items: readonly number[]) => {
    asked.push(items);
    return (error as { status: number }).status === 451;
  };
  const answers = await bisect(call, { when, whenFailed: () => "none" })([0, 1]);

  assertEquals([answers, calls, asked], [["0", "none"], [[0, 1], [0], [1]], [[0, 1], [1]]]);
});

test("what bisect() answers must be known: a `whenFailed` that may be missing does not compile", async () => {
  const { call } = serviceThatRefuses([]);
  const maybe: ((item: number) => string) | undefined = [undefined, String][1];
  const options = { whenFailed: maybe };

  // @ts-expect-error the answers are settled results, or as they are
  const answers: unknown[] = await bisect(call, options)([1]);
  const settled: PromiseSettledResult<string>[] = await bisect(call, { whenFailed: undefined })([
    1,
  ]);

  assertEquals(answers, ["1"]);
  assertEquals(settled, [{ status: "fulfilled", value: "1" }]);
});

test("bisect() goes on where it was when it is tried again with the same batch", async () => {
  const sent: number[][] = [];
  let isDown = true;
  const call = (items: readonly number[]) => {
    sent.push([...items]);
    if (items.includes(1)) throw httpError(400);
    if (items.includes(3) && isDown) {
      isDown = false;
      throw httpError(503);
    }
    return items.map(String);
  };
  const pipeline = StreamingPipeline.start<number>().batch("batch", 4)
    .map("answers", bisect(call, { whenFailed: () => "none" }), {
      retry: { maxAttempts: 2, backoffMs: 0 },
    })
    .flatten("answer");

  assertEquals(await pipeline.executeToArray(range(4)), ["0", "none", "2", "3"]);
  assertEquals(sent, [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3], [2, 3]]);
});

test("bisect() goes on with the part that has failed, and sends no batch again that it has halved", async () => {
  for (const failing of ["the call", "whenFailed", "when"]) {
    const sent: number[][] = [];
    let failures = 0;
    const failOnce = (what: string) => {
      if (what === failing && failures++ === 0) throw httpError(503);
    };
    const vectors = bisect((items: readonly number[]) => {
      sent.push([...items]);
      if (items.length === 1 && items[0] === 2) failOnce("the call");
      if (items.includes(3)) throw httpError(400);
      return items.map(String);
    }, {
      when(error, [first]) {
        if (first === 3) failOnce("when");
        return (error as { status: number }).status === 400;
      },
      whenFailed() {
        failOnce("whenFailed");
        return "none";
      },
    });
    const batch = range(8);
    await assertRejects(() => vectors(batch), Error, "HTTP 503");

    assertEquals(await vectors(batch), ["0", "1", "2", "none", "4", "5", "6", "7"], failing);
    const again = failing === "the call" ? [[2], [2]] : [[2], [3]];
    assertEquals(sent.slice(0, 6), [range(8), range(4), [0, 1], [2, 3], ...again]);
    assertEquals(sent.slice(6), [[3], [4, 5, 6, 7]]);
  }
});

test("bisect() hands on what a stage gives beside the batch, and lets each call be an attempt", async () => {
  const limit = rateLimit({
    limit: 100,
    intervalMs: 1_000,
    cost: (items: readonly number[]) => items.length,
  });
  const seen: unknown[] = [];
  const call = (
    items: readonly number[],
    index: number,
    { signal }: { readonly signal: AbortSignal },
  ) => {
    seen.push([index, signal instanceof AbortSignal]);
    const ask = () =>
      items.includes(2) ? Promise.reject(httpError(422)) : Promise.resolve([...items]);
    return limit.run(ask, { input: items, signal });
  };
  const pipeline = StreamingPipeline.start<number>().batch("batch", 2)
    .map("answers", bisect(call, { whenFailed: () => -1 })).flatten("answer");

  assertEquals(await pipeline.executeToArray(range(4)), [0, 1, -1, 3]);
  assertEquals(seen, [[0, true], [1, true], [1, true], [1, true]]);
  const [figures] = limit.metrics.parts;
  assertEquals(figures?.kind === "rateLimit" && figures.used, 2 + 2 + 1 + 1);
});

test("[L9] bisect() checks what it is given, and what its function returns", async () => {
  const make = bisect as (...args: unknown[]) => (items: unknown[]) => Promise<unknown>;

  assertThrows(() => make(1), TypeError, "Cannot bisect: its function must be a function, got 1");
  assertThrows(() => make(() => [], { when: 1 }), TypeError, "when must be a function, got 1");
  assertThrows(
    () => make(() => [], { whenFails: 1 } as BisectOptions),
    TypeError,
    "Did you mean whenFailed?",
  );
  await assertRejects(
    () => make(() => 7)([1]),
    TypeError,
    "A function over batches must return an array, with an answer for each item, got number",
  );
});
