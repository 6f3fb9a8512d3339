import { RpcError, rpcExchange, rpcHandler, rpcSource } from "@headrace/http/rpc";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { settle, until, watch } from "@headrace/pipeline/testing";
import { Live } from "./support/live.ts";

/** What a client of Connect throws. */
const connectError = (code: number, rawMessage = "boiler", metadata = new Headers()) =>
  Object.assign(new Error(`[x] ${rawMessage}`), {
    name: "ConnectError",
    code,
    rawMessage,
    metadata,
  });

/** A call that says nothing until it is aborted. */
const silent = (signal: AbortSignal): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({
    next: () =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  }),
});

test("rpcSource() reads the messages of a call of its own, from a position", async () => {
  const asked: unknown[] = [];
  const source = rpcSource<number, number>(({ from }) => {
    asked.push(from);
    return (async function* () {
      for (let id = (from ?? 0) + 1; id <= 3; id++) yield id;
    })();
  }, { position: (id) => id });
  assertEquals(await collect(source), [1, 2, 3]);
  assertEquals(await collect(source.open(2)), [{ item: 3, position: 3 }]);
  assertEquals(asked, [undefined, 2]);
});

test("rpcSource() makes a call again that may pass, and no other", async () => {
  const failing = (code: number) => {
    let calls = 0;
    return {
      calls: () => calls,
      source: rpcSource<number, number>(({ from = 0 }) => {
        calls++;
        return (async function* () {
          yield from + 1;
          if (from < 2) throw connectError(code);
        })();
      }, { position: (id) => id, retry: { maxAttempts: 2, backoffMs: 0 } }),
    };
  };
  const unavailable = failing(14);
  assertEquals(await collect(unavailable.source), [1, 2, 3]);
  const invalid = failing(3);
  const error = await assertRejects(() => collect(invalid.source), RpcError);
  assertEquals([error.code, error.retryable, invalid.calls()], ["INVALID_ARGUMENT", false, 1]);
});

test("an RpcError has the status and the metadata, and shows no control character", async () => {
  const thrown = connectError(8, "\x1b[2Jtoo many", new Headers({ "retry-after": "7" }));
  const source = rpcSource(() => {
    throw thrown;
  });
  const error = await assertRejects(() => collect(source), RpcError);
  assertEquals(error.message, "The call has failed: \\u001b[2Jtoo many");
  assertEquals([error.code, error.headers?.get("retry-after"), error.cause], [
    "RESOURCE_EXHAUSTED",
    "7",
    thrown,
  ]);
  const failure = new TypeError("fetch failed");
  const other = rpcSource(() => {
    throw failure;
  });
  assertEquals(await assertRejects(() => collect(other)), failure);
});

test("rpcSource() and rpcExchange() abort a silent call at once when they are closed", async () => {
  let signal: AbortSignal | undefined;
  const source = rpcSource<number>((options) => silent(signal = options.signal))
    [Symbol.asyncIterator]();
  const pending = watch(source.next());
  await settle();
  await source.return();
  await until("the read has ended", () => pending.state === "resolved");
  assertEquals(signal!.aborted, true);

  let closed = 0;
  const items = (function* () {
    try {
      for (let id = 0;; id++) yield id;
    } finally {
      closed++;
    }
  })();
  const run = StreamingPipeline.start<number>()
    .use(
      "call",
      rpcExchange((input: AsyncIterable<number>, options) => {
        void input[Symbol.asyncIterator]().next();
        return silent(signal = options.signal);
      }),
    ).run(items);
  const read = watch(run[Symbol.asyncIterator]().next());
  await settle();
  await run[Symbol.asyncDispose]();
  await until("the read has ended", () => read.state === "resolved");
  assertEquals([signal!.aborted, closed], [true, 1]);
});

test("rpcExchange() computes an item when the client takes it, and fails as the call does", async () => {
  let given = 0;
  const items = (function* () {
    for (;;) yield ++given;
  })();
  const run = StreamingPipeline.start<number>()
    .use(
      "call",
      rpcExchange(async function* (input: AsyncIterable<number>) {
        for await (const item of input) {
          yield item * 2;
          if (item === 3) throw connectError(13, "broken");
        }
      }),
    ).run(items);
  const read: number[] = [];
  const error = await assertRejects(async () => {
    for await (const item of run) {
      read.push(item);
      assertEquals(given, read.length);
    }
  }, StreamingError);
  assertEquals([read, error.code], [[2, 4, 6], "INTERNAL"]);
});

test("rpcHandler() runs a pipeline over one message or many, and is closed with its call", async () => {
  const double = StreamingPipeline.start<number>().map("double", (number) => number * 2);
  const handle = rpcHandler(double);
  const { signal } = new AbortController();
  assertEquals(await collect(handle(4, { signal })), [8]);
  const many = (async function* () {
    yield 1;
    yield 2;
  })();
  assertEquals(await collect(handle(many, { signal })), [2, 4]);

  const waiting = new Live();
  const controller = new AbortController();
  const call = watch(
    handle(waiting as AsyncIterable<number>, { signal: controller.signal }).next(),
  );
  await settle();
  controller.abort(new Error("left"));
  await until("it has ended", () => call.state === "rejected" && waiting.closed === 1);
});

test("rpcHandler() passes on a status of a pipeline of another copy of the core", async () => {
  const chosen = connectError(7);
  const other = Object.assign(new Error("Stage failed", { cause: chosen }), {
    name: "StreamingError",
  });
  const failing = {
    execute: async function* () {
      yield await Promise.reject(other);
    },
  };
  const handle = rpcHandler(failing as never);
  const thrown = await collect(handle(1, { signal: new AbortController().signal }))
    .catch((error: unknown) => error);
  assertEquals(thrown, chosen);
});

test("rpcHandler() passes on a status that was chosen, and other failures as they are", async () => {
  const chosen = connectError(5, "no such mill");
  const handle = (error: unknown) =>
    collect(
      rpcHandler(
        StreamingPipeline.start<number>().map("fail", () => {
          throw error;
        }),
      )(1, { signal: new AbortController().signal }),
    );
  assertEquals(await assertRejects(() => handle(chosen)), chosen);
  await assertRejects(
    () => handle(new Error("secret")),
    StreamingError,
    'Stage "fail" failed at item 0',
  );
});

test("the functions on calls refuse what is not valid", () => {
  const call = () => silent(new AbortController().signal);
  const cases: readonly [() => unknown, string][] = [
    [() => rpcSource(7 as never), "rpcSource(): its call must be a function, got 7"],
    [
      () => rpcSource(call, { retry: 3 }),
      "rpcSource(): position must be a function where it is retried, got undefined",
    ],
    [
      () => rpcSource(call, { from: 3 } as never),
      'rpcSource(): unknown option "from"; it has position, retry',
    ],
    [() => rpcExchange([] as never), "rpcExchange(): its call must be a function, got an array"],
    [
      () => rpcHandler(call as never),
      "rpcHandler(): its pipeline must be a pipeline, got a function",
    ],
  ];
  for (const [call, rule] of cases) assertThrows(call, TypeError, `Cannot call ${rule}`);
});
