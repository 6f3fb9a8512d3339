import {
  type Embedder,
  EmbeddingAnswerError,
  EmbeddingHttpError,
  embedTexts,
  type EmbedTextsOptions,
  RefusedTextError,
  type SentText,
  TextEmbedder,
} from "@headrace/documents";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { budget, policy, rateLimit } from "@headrace/pipeline/policies";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { type Item, items, TestEmbedder, TestMemory } from "./support/test_embedder.ts";

const { signal } = new AbortController();

const embed = (options: EmbedTextsOptions<Item>, texts: readonly string[]) =>
  StreamingPipeline.start<Item>().use("embedded", embedTexts(options)).executeToArray(
    items(...texts),
  );

test("TextEmbedder asks for each text once, in calls that are bounded in texts and in tokens", async () => {
  const embedder = new TestEmbedder();
  const texts = new TextEmbedder<Item>({
    embedder,
    countTokens: (text) => text.length,
    maxCallTokens: 10,
    maxCallTexts: 3,
  });
  const batch = items("aaaa", "bbbb", "aaaa", "cccc", "d", "e", "f", "g", "x".repeat(50), "h");
  const answers = await texts.embed(batch, signal);
  assertEquals(embedder.calls, [
    ["aaaa", "bbbb"],
    ["cccc", "d", "e"],
    ["f", "g"],
    ["x".repeat(50)],
    ["h"],
  ]);
  assertEquals(answers.map(({ item }) => item), batch);
  assertEquals(
    answers.map((answer) => "vector" in answer && answer.vector[1]),
    batch.map(({ text }) => text.length),
  );
});

test("TextEmbedder asks for nothing that its memory knows", async () => {
  const embedder = new TestEmbedder((text) => text === "bad");
  const memory = new TestMemory();
  const texts = new TextEmbedder<Item>({ embedder, memory });
  const [first, refused] = await texts.embed(items("good", "bad"), signal);
  memory.known.set(first!.hash, { vector: Float32Array.of(9, 9) });

  embedder.calls.length = 0;
  const [known, again, fresh] = await texts.embed(items("good", "bad", "new"), signal);
  assertEquals(embedder.calls, [["new"]]);
  assertEquals("vector" in known! && known.vector, Float32Array.of(9, 9));
  assertEquals(
    "refusal" in refused! && refused.refusal.message,
    "The embedding endpoint answered HTTP 400, for a text of 3 characters",
  );
  assertEquals(
    "refusal" in again! && again.refusal.message,
    "The embedding endpoint answered HTTP 400, for a text of 3 characters; it is not sent again until it changes",
  );
  assertEquals("vector" in fresh!, true);
});

test("TextEmbedder goes on where it was when a batch is asked for again", async () => {
  let isDown = true;
  const inner = new TestEmbedder();
  const embedder: Embedder = {
    model: "test",
    embed: (texts) =>
      texts.includes("c") && isDown ? Promise.reject(new Error("down")) : inner.embed(texts),
  };
  const texts = new TextEmbedder<Item>({ embedder, maxCallTexts: 1 });
  const batch = items("a", "b", "c", "d");
  await assertRejects(() => texts.embed(batch, signal), Error, "down");
  isDown = false;
  await texts.embed(batch, signal);
  assertEquals(inner.calls, [["a"], ["b"], ["c"], ["d"]]);
});

test("TextEmbedder says what an embedder has answered that are no vectors", async () => {
  const answers = [undefined, { data: [] }, [undefined], [["1"]], [Float32Array.of(NaN)]];
  for (const answer of answers) {
    const embedder = { model: "test", embed: () => Promise.resolve(answer) } as Embedder;
    const message = Array.isArray(answer)
      ? "vector for text 0 is empty or not finite"
      : `must answer with an array of vectors, got ${typeof answer}`;
    const texts = new TextEmbedder<Item>({ embedder });
    await assertRejects(() => texts.embed(items("a"), signal), Error, message);
  }
});

test("TextEmbedder lets vectors of zeros pass, of texts with nothing to compare", async () => {
  const embedder: Embedder = {
    model: "test",
    embed: () => Promise.resolve([Float32Array.of(0, 0)]),
  };
  const [answer] = await new TextEmbedder<Item>({ embedder }).embed(items("\u2728"), signal);
  assertEquals("vector" in answer! && answer.vector, Float32Array.of(0, 0));
});

test("embedTexts() emits the items with their vectors, in order, however many calls run at a time", async () => {
  const releases: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const embedder: Embedder = {
    model: "test",
    embed: async (texts) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => {
        releases.push(resolve);
        if (releases.length === 3) releases.toReversed().forEach((release) => release());
      });
      running--;
      return texts.map(({ length }) => Float32Array.of(length));
    },
  };
  const texts = Array.from({ length: 6 }, (_, at) => "x".repeat(at + 1));
  const embedded = await embed({ embedder, size: 2, concurrencyLimit: 3 }, texts);
  assertEquals(embedded.map(({ vector: [length] }) => length), [1, 2, 3, 4, 5, 6]);
  assertEquals(most, 3);
});

test("embedTexts() leaves out the refused text alone, by the strategy that it has", async () => {
  const embedder = new TestEmbedder((text) => text.startsWith("bad"), 413);
  const describe = ({ text }: Item) => `the chunk ${text.at(-1)}`;
  const pipeline = StreamingPipeline.start<Item>()
    .use("embedded", embedTexts({ embedder, describe, errorStrategy: "SPLIT_ERRORS" }));
  const failed: string[] = [];
  const texts = items("one", "bad 1", "two", "bad 2", "three");
  const embedded = await pipeline.executeToArray(texts, {
    errorsTo: ({ item, itemIndex, error }) => {
      assertInstanceOf(error.cause, RefusedTextError);
      assertStrictEquals(item, texts[itemIndex]);
      failed.push(`${error.code} ${error.cause.message} (${error.cause.detail})`);
    },
  });
  assertEquals(embedded.map(({ item }) => item.text), ["one", "two", "three"]);
  assertEquals(
    failed,
    [1, 2].map((n) =>
      `HTTP_413 The embedding endpoint answered HTTP 413, for the chunk ${n} (too long)`
    ),
  );

  const error = await assertRejects(() => embed({ embedder }, ["one", "bad"]), StreamingError);
  assertInstanceOf(error.cause, RefusedTextError);
});

test("embedTexts() tries a batch again, and pays for no call twice", async () => {
  const inner = new TestEmbedder();
  let isDown = true;
  const embedder: Embedder = {
    model: "test",
    embed: (texts) => {
      if (!texts.includes("b") || !isDown) return inner.embed(texts);
      isDown = false;
      const details = { detail: "", status: 503, headers: new Headers() };
      return Promise.reject(new EmbeddingHttpError(details));
    },
  };
  const retry = { maxAttempts: 2, backoffMs: 0 };
  assertEquals((await embed({ embedder, retry, maxCallTexts: 1 }, ["a", "b", "c"])).length, 3);
  assertEquals(inner.calls, [["a"], ["b"], ["c"]]);
});

test("embedTexts() makes each call under its policy, which counts requests and tokens", async () => {
  const seen: SentText[][] = [];
  const cost = (texts: readonly SentText[]) => {
    seen.push([...texts]);
    return texts.reduce((sum, { tokens }) => sum + tokens, 0);
  };
  const requests = rateLimit({ limit: 100, intervalMs: 60_000 });
  const tokens = rateLimit({ limit: 1_000, intervalMs: 60_000, cost });
  const embedder = new TestEmbedder((text) => text === "bad");
  const provider = policy(requests, tokens);
  const embedded = await embed(
    {
      embedder,
      policy: provider,
      countTokens: ({ length }) => length,
      errorStrategy: "SKIP_FAILED",
    },
    ["aa", "bad", "cc"],
  );
  assertEquals(embedded.length, 2);
  // Halves are calls of their own.
  assertEquals(provider.metrics.startedCount, embedder.calls.length);
  assertEquals(seen[0]?.map(({ text, tokens }) => [text, tokens]), [["aa", 2], ["bad", 3], [
    "cc",
    2,
  ]]);
});

test("embedTexts() stops at a budget of tokens", async () => {
  const cost = (texts: readonly SentText[]) => texts.reduce((sum, { tokens }) => sum + tokens, 0);
  const embedder = new TestEmbedder();
  const spent = budget({ limit: 5, cost });
  const running = embed(
    { embedder, policy: spent, countTokens: ({ length }) => length, size: 1 },
    ["aa", "bb", "cc", "dd"],
  );
  await running.catch((error) => assertEquals(error.code, "BUDGET_SPENT"));
  assertEquals(embedder.calls, [["aa"], ["bb"]]);
});

test("embedTexts() and TextEmbedder refuse options that are not valid", async () => {
  const embedder = new TestEmbedder();
  const refuse = (options: object, message: string) => {
    assertThrows(() => embedTexts({ embedder, ...options } as never), Error, message);
  };
  refuse(
    { embedder: {} },
    "Cannot call embedTexts: embedder must be an object with model and embed",
  );
  refuse({ size: 0 }, "size must be a positive integer, got 0");
  refuse({ maxCallTokens: 0.5 }, "maxCallTokens must be a positive integer, got 0.5");
  refuse({ toText: "text" }, 'toText must be a function, got "text"');
  refuse({ batch: 3 }, 'unknown option "batch"');
  const memory = { model: "other", recall() {}, refuse() {} };
  refuse({ memory }, 'memory must be of the embedder\'s model "test", got "other"');
  assertThrows(() => new TextEmbedder({ embedder, size: 3 } as never), TypeError, '"size"');
  const texts = new TextEmbedder<object>({ embedder });
  await assertRejects(
    () => texts.embed([{}], signal),
    TypeError,
    "the text of an item must be a string",
  );
  assertEquals(new EmbeddingAnswerError("x").code, "EMBEDDING_ANSWER");
});
