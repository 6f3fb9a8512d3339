// What the compiler says about a mistake: run on small files, because no type can test a message.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "../harness.ts";
import { MISTAKES, MODULE } from "./_mistakes.ts";
import { MISTAKES_WITH_STREAMS } from "./_mistakes_with_streams.ts";

const urlOf = (path: string): string => new URL(`../../${path}`, import.meta.url).href;
const CORE = urlOf("src/core/mod.ts");
const OPERATORS = urlOf("src/operators/mod.ts");
const POLICIES = urlOf("src/policies/mod.ts");

const PREAMBLE = `
import {
  createStep, createStreamingStep, Pipeline, type ResumePoint, retrySource, StreamingPipeline,
} from "${MODULE}";
import { StreamingPipeline as CorePipeline } from "${CORE}";
import { batch, flatten, map, pipe } from "${OPERATORS}";
import { semaphore } from "${POLICIES}";
const numbers = StreamingPipeline.start<number>();
const core = CorePipeline.start<number>();
const lists = Pipeline.start<number[]>();
const length = createStep("length", ({ input }: { input: string }) => input.length);
const upper = createStreamingStep<string, string>("upper", async function* ({ input }) {
  for await (const item of input) yield item.toUpperCase();
});
const needy = createStreamingStep<string, string, { length: number }>(
  "needy",
  async function* ({ input }) {
    yield* input;
  },
);
export {
  batch, core, flatten, length, lists, map, needy, numbers, Pipeline, pipe, type ResumePoint, retrySource,
  semaphore, upper,
};
`;

/** Compiles one file per program; the messages, by the place of the program. */
async function compile(programs: readonly string[]): Promise<Map<number, string[]>> {
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
function groupByFile(output: string): Map<number, string[]> {
  const byFile = new Map<number, string[]>();
  for (const message of output.split(/^(?=TS\d+)/m)) {
    const file = /^ {4}at file:.*\/(\d+)\.ts:/m.exec(message)?.[1];
    if (file === undefined) continue;
    byFile.set(Number(file), [...(byFile.get(Number(file)) ?? []), message]);
  }
  return byFile;
}

test("the compiler names a mistake in the first two lines of its message, once", async () => {
  const mistakes = Object.entries({ ...MISTAKES, ...MISTAKES_WITH_STREAMS });

  const messages = await compile([
    ...mistakes.map(([, { code }]) => code),
    "numbers.take('a', 1);",
  ]);

  for (const [index, [name, { words }]] of mistakes.entries()) {
    const [message = "", ...others] = messages.get(index) ?? [];
    const beginning = message.split("\n").slice(0, 2).join("\n");
    for (const word of words) assertStringIncludes(beginning, word, `${name}:\n${message}`);
    assertEquals(others, [], `${name} is said more than once`);
    assertEquals(message.includes("Overload"), false, `${name}:\n${message}`);
  }
  assertEquals(messages.has(mistakes.length), false, "a program without a mistake compiles");
}, { hangAfterMs: 120_000 });
