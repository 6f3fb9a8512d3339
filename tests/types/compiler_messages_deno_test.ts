// What the compiler says about a mistake: run on small files, because no type can test a message.

import { assertArrayIncludes, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "../harness.ts";

const MODULE = new URL("../../mod.ts", import.meta.url).href;

/** Mistakes, each with the words that its message must contain. */
const MISTAKES: Record<string, { readonly code: string; readonly words: readonly string[] }> = {
  "a key that is taken": {
    code: `numbers.map("total", (item) => item).batch("total", 2);`,
    words: ["duplicate key 'total'"],
  },
  "a key that was taken many stages ago": {
    code: `numbers.map("total", (item) => item)
      .take("a", 1).take("b", 1).take("c", 1).take("d", 1).take("e", 1).take("f", 1)
      .filter("total", () => true);`,
    words: ["duplicate key 'total'"],
  },
  "a key that both composed pipelines have": {
    code: `numbers.take("total", 1).compose(numbers.take("total", 1));`,
    words: ["duplicate key 'total'"],
  },
  "a composed pipeline that needs another context": {
    code: `numbers.compose(StreamingPipeline.start<number, { db: string }>());`,
    words: ["context", "db: string"],
  },
  "a step that reads something else": {
    code: `numbers.map("upper", upper);`,
    words: ["Type 'number' is not assignable to type 'string'"],
  },
  "a step that needs a key that does not exist": {
    code: `StreamingPipeline.start<string>().map("needy", needy);`,
    words: ["Property 'length' is missing"],
  },
  "flatten on items that are not arrays": {
    code: `numbers.flatten("items");`,
    words: ["Type 'number' is not assignable to type 'readonly unknown[]'"],
  },
  "flatMap with a function that gives one item": {
    code: `numbers.flatMap("items", (item) => item);`,
    words: ["Type 'number' is not assignable to type 'Many<"],
  },
  "state of a key that does not exist": {
    code: `numbers.map("a", (item, _, { state }) => item + state.accumulated.later);`,
    words: ["Property 'later' does not exist"],
  },
  "an option that does not exist": {
    code: `numbers.map("a", (item) => item, { concurrency: 3 });`,
    words: ["'concurrency' does not exist in type 'StageOptions<number>'"],
  },
};

const PREAMBLE = `
import { createStreamingStep, StreamingPipeline } from "${MODULE}";
const numbers = StreamingPipeline.start<number>();
const upper = createStreamingStep<string, string>("upper", async function* ({ input }) {
  for await (const item of input) yield item.toUpperCase();
});
const needy = createStreamingStep<string, string, { length: number }>(
  "needy",
  async function* ({ input }) {
    yield* input;
  },
);
export { numbers, upper, needy };
`;

/** Compiles one file per mistake; the messages, by the file's name without its ending. */
async function compile(programs: readonly string[]): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const files = programs.map((_, index) => `${folder}/${index}.ts`);
    await Promise.all(
      programs.map((program, index) => Deno.writeTextFile(files[index]!, PREAMBLE + program)),
    );
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-config", "--quiet", ...files],
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    return groupByFile(new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each message starts with its number and ends with its place. */
function groupByFile(output: string): Map<string, string> {
  const byFile = new Map<string, string>();
  for (const message of output.split(/^(?=TS\d+)/m)) {
    const file = /^ {4}at file:.*\/(\d+)\.ts:/m.exec(message)?.[1];
    if (file !== undefined) byFile.set(file, (byFile.get(file) ?? "") + message);
  }
  return byFile;
}

test("the compiler's message names what is wrong", async () => {
  const mistakes = Object.entries(MISTAKES);

  const messages = await compile([
    ...mistakes.map(([, { code }]) => code),
    "numbers.take('a', 1);",
  ]);

  assertArrayIncludes([...messages.keys()], mistakes.map((_, index) => `${index}`));
  for (const [index, [mistake, { words }]] of mistakes.entries()) {
    const message = messages.get(`${index}`) ?? "";
    for (const word of words) assertStringIncludes(message, word, `${mistake}:\n${message}`);
  }
  assertEquals(messages.has(`${mistakes.length}`), false, "a program without a mistake compiles");
}, { hangAfterMs: 120_000 });
