import { FormatError, sse, type SseEvent, type SseOptions } from "@headrace/formats";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { cut, sizes, toBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

type Chunk = Uint8Array | string;

const read = (chunks: Iterable<Chunk>, options?: SseOptions): Promise<unknown[]> =>
  StreamingPipeline.start<Chunk>().use("event", sse(options)).executeToArray(chunks);

const readAll = async (chunks: Iterable<Chunk>, options?: SseOptions): Promise<unknown[]> =>
  (await read(chunks, { ...options, badRecords: "emit" })).map((event) =>
    event instanceof FormatError ? `${event.code} ${event.record}` : event
  );

test("sse() reads what the HTML standard gives as examples", async () => {
  assertEquals(await read(["data: YHOO\ndata: +2\ndata: 10\n\n"]), [{ data: "YHOO\n+2\n10" }]);
  assertEquals(
    await read([
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n\n",
    ]),
    [{ data: "first event", id: "1" }, { data: "second event", id: "" }, { data: " third" }],
  );
  assertEquals(await read(["data\n\ndata\ndata\n\ndata:"]), [{ data: "" }, { data: "\n" }]);
  assertEquals(await read(["data:test\n\ndata: test\n\n"]), [{ data: "test" }, { data: "test" }]);
});

test("sse() reads what eventsource-parser reads of the whole text, wherever it is cut", async () => {
  const text = fc.array(
    fc.constantFrom(
      "data",
      "event",
      "id",
      "retry",
      ":",
      ": ",
      " ",
      "a",
      "1",
      "\u20AC",
      "\0",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
    ),
    { maxLength: 30 },
  ).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      const expected: Pick<SseEvent, "data" | "event">[] = [];
      const parser = createParser({
        onEvent: ({ data, event }) =>
          expected.push({ data, ...(event !== undefined && { event }) }),
      });
      // It waits for what may follow a carriage return at the end.
      const lines = text.replaceAll(/\r\n?/g, "\n");
      parser.feed(lines);
      for (const events of [await read(cut(toBytes(text), sizes)), await read([...text])]) {
        const all = events as SseEvent[];
        assertEquals(all.map(({ retry: _, id: __, ...event }) => event), expected);
        assertEquals(lastIdsOf(all), lastIdsByLines(lines.split("\n").slice(0, -1)));
      }
    }),
    { numRuns: 1_000 },
  );
});

/** With each event, the id that a request for what follows it has. */
function lastIdsOf(events: readonly SseEvent[]): string[] {
  let last = "";
  return events.map(({ id = last }) => last = id);
}

/** The same by the HTML standard, which has one buffer for all events. */
function lastIdsByLines(lines: readonly string[]): string[] {
  const ids: string[] = [];
  let last = "";
  let hasData = false;
  for (const line of lines) {
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (line === "") {
      if (hasData) ids.push(last);
      hasData = false;
    } else if (name === "data") hasData = true;
    else if (name === "id" && !value.includes("\0")) last = value;
  }
  return ids;
}

test("sse() says each id when its event ends, also where no data comes with it", async () => {
  const ids: string[] = [];
  const onId = (id: string) => void ids.push(id);
  const text =
    "id: 1\ndata: a\n\nid: 2\n\ndata: b\n\nid: 3\nid: 4\n: none\n\nid: 5\0\n\nid\n\nid: 6\n";
  await read([text], { onId });
  assertEquals(ids, ["1", "2", "4", ""]);
  assertThrows(() => sse({ onId: 7 as never }), TypeError, "onId must be a function, got 7");
});

test("sse() gives an id that comes without data to the event after it", async () => {
  const text = "id: 5\n\ndata: a\n\ndata: b\n\nid: 6\n\nid: 7\ndata: c\n\nid\n\n: d\n\ndata: d\n\n";
  const events = ["a 5", "b", "c 7", "d "].map((text) => {
    const [data, id] = text.split(" ");
    return { data, ...(id !== undefined && { id }) };
  });
  assertEquals(await read([text]), events);
  // One that is too long has moved the id on as well.
  const long = `id: 8\ndata: ${"x".repeat(30)}\n\ndata: e\n\n`;
  assertEquals(await readAll([long], { maxLength: 20 }), ["RECORD_TOO_LONG 1", {
    data: "e",
    id: "8",
  }]);
});

test("sse() tells each wait that the server names, also without an event", async () => {
  const waits: number[] = [];
  const onRetry = (retryMs: number) => void waits.push(retryMs);
  await read(["retry: 10\n\n", "retry: x\nretry: 20\ndata: a\n\nretry: 3", "0\n"], { onRetry });
  assertEquals(waits, [10, 20, 30]);
  assertThrows(() => sse({ onRetry: 7 as never }), TypeError, "onRetry must be a function, got 7");
});

test("sse() gives an event as soon as its blank line has come", async () => {
  const taken: unknown[] = [];
  const source = function* () {
    for (const line of ["data: 1\r", "\r", "data: 2\n", "\n"]) {
      taken.push(line);
      yield line;
    }
  };
  const run = StreamingPipeline.start<Chunk>().use("event", sse()).execute(source());
  for await (const event of run) taken.push(event);

  assertEquals(taken, ["data: 1\r", "\r", { data: "1" }, "data: 2\n", "\n", { data: "2" }]);
});

test("sse() says how long to wait with the event after it, and takes no other number", async () => {
  const text = "retry: 500\n\ndata: 1\n\nretry: 1.5\nretry: -1\nretry: x\ndata: 2\n\nretry: " +
    "9".repeat(400) + "\ndata: 3\n\n";

  assertEquals(await read([text]), [{ data: "1", retry: 500 }, { data: "2" }, { data: "3" }]);
});

test("sse() takes U+FFFD for bytes that are not UTF-8, and leaves out a byte order mark", async () => {
  const bytes = toBytes([0xef, 0xbb, 0xbf, ...toBytes("data: "), 0xff, ...toBytes("\n\n")]);

  assertEquals(await read([bytes]), [{ data: "\uFFFD" }]);
});

test("sse() reports an event that is too long, and goes on after it", async () => {
  const long = [
    "data: 1234567\ndata: 1234567\ndata: more\nevent: x\n\n",
    `data: ${"x".repeat(50)}\n\n`,
  ];
  for (const event of long) {
    for (const sizes of [[1], [7], [1_000]]) {
      const text = `data: 1\n\n${event}: ${"comment".repeat(2)}\n\ndata: 2\n\n`;
      const found = await readAll(cut(toBytes(text), sizes), { maxLength: 20 });

      assertEquals(found, [{ data: "1" }, "RECORD_TOO_LONG 2", { data: "2" }]);
    }
  }
});

test("sse() fails as soon as an event is too long, and holds no more of it", async () => {
  for (const more of ["data: 1234\n", "x".repeat(10), `: ${"x".repeat(100)}`]) {
    let pulled = 0;
    const endless = function* () {
      for (;;) {
        pulled++;
        yield more;
      }
    };

    const error = await assertRejects(() => read(endless(), { maxLength: 100 }), StreamingError);

    assertInstanceOf(error.cause, FormatError);
    assertEquals([error.code, error.cause.record], ["RECORD_TOO_LONG", 1]);
    assertEquals(pulled <= 11, true);
  }
});

test("sse() does not count comments, however many there are", async () => {
  const text = `data: 1\n${": still here\n".repeat(100)}\n`;

  assertEquals(await read([text], { maxLength: 20 }), [{ data: "1" }]);
});

test("[L9] sse() refuses options that are not valid, at once", () => {
  for (const options of [{ maxLength: 0 }, { badRecords: 1 }, { maxLenght: 1 }]) {
    assertThrows(() => sse(options as SseOptions), Error, "Cannot make sse(): ");
  }
});
