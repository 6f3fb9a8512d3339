import {
  decodeText,
  embedTexts,
  fuseRanks,
  hashText,
  HttpEmbedder,
  readMarkdown,
  splitBlocks,
  termsOf,
  TextEmbedder,
  unitVector,
} from "@headrace/documents";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const countTokens = (text: string) => text.length;

/** What is called with a value that does not fit, and what its message begins with. */
const CALLS: Readonly<Record<string, (value: never) => unknown>> = {
  "Cannot call write: bytes must be a Uint8Array": decodeText,
  "Cannot call embedTexts: its options must be an object": embedTexts,
  "Cannot call fuseRanks: each list must be an array": fuseRanks,
  "Cannot call hashText: text must be a string": hashText,
  "Cannot call new HttpEmbedder: its options must be an object": (value) => new HttpEmbedder(value),
  "Cannot call new TextEmbedder: its options must be an object": (value) => new TextEmbedder(value),
  "Cannot call splitBlocks: blocks must be an iterable of blocks": (value) =>
    splitBlocks(value, { countTokens }),
  "Cannot call splitBlocks: its options must be an object": (value) => splitBlocks([], value),
  "Cannot call termsOf: text must be a string": termsOf,
  "Cannot call unitVector: vector must be a list of numbers": unitVector,
};

for (const [message, call] of Object.entries(CALLS)) {
  test(`bad input is refused at once: ${message}`, () => {
    for (const value of [null, 42, true, Symbol("s")]) {
      assertThrows(() => call(value as never), TypeError, message);
    }
  });
}

test("readMarkdown() takes a string as one piece, and refuses what holds no strings", async () => {
  const { blocks } = await readMarkdown("# One\n\nText.\n");
  assertEquals((await Array.fromAsync(blocks)).map(({ text }) => text), ["One", "Text."]);

  for (const pieces of [null, 42, {}]) {
    await assertRejects(
      () => readMarkdown(pieces as never),
      TypeError,
      "Cannot call readMarkdown: pieces must be an iterable of strings",
    );
  }
  let closed = 0;
  function* bytes(): Generator<unknown> {
    try {
      yield new Uint8Array(1);
    } finally {
      closed++;
    }
  }
  const message = "Cannot call readMarkdown: each piece must be a string, got object";
  await assertRejects(() => readMarkdown(bytes() as never), TypeError, message);
  assertEquals(closed, 1);
});

test("what is ended before it was read closes what it would have read", async () => {
  const endings = {
    return: (items: AsyncGenerator) => items.return(undefined),
    throw: (items: AsyncGenerator) => items.throw(new Error("No more")).catch(() => {}),
    dispose: (items: AsyncGenerator) => items[Symbol.asyncDispose](),
  };
  for (const [ending, end] of Object.entries(endings)) {
    let closed = 0;
    const read = async () => {
      async function* pieces(): AsyncGenerator<string> {
        try {
          for (;;) yield "# One\n\nText.\n";
        } finally {
          closed++;
        }
      }
      return (await readMarkdown(pieces())).blocks;
    };
    await end(await read());
    assertEquals(closed, 1, `blocks, ${ending}`);

    const chunks = splitBlocks(await read(), { countTokens });
    await end(chunks);
    assertEquals([closed, (await chunks.next()).done], [2, true], `chunks, ${ending}`);
  }
});
