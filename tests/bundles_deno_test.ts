// What a bundler keeps of each entry: only what a program names, within a size.

import { assert, assertEquals } from "@std/assert";
import { bundleProgram, countGzipBytes, type ProgramName, PROGRAMS } from "../tools/programs.ts";
import { test } from "./harness.ts";

/** Each word stands in one part of the library alone, and survives minification. */
const WORDS = {
  parallel: "needs concurrencyLimit or",
  retry: "maxAttempts",
  split: "ERROR_CHANNEL_FULL",
  groups: "TOO_MANY_KEYS",
  windows: "TOO_MANY_WINDOWS",
  joins: "leftKey",
  batch: "LIST_PROCESSING_ERRORS",
  branches: "BRANCH_FULL",
  policies: "x-ratelimit-",
  durable: "headrace-checkpoint",
} as const;

/** The parts that a program holds only where it names them. */
const PARTS = ["parallel", "groups", "windows", "joins", "batch", "branches", "retry"] as const;

/** The parts that each program does not name. */
const WITHOUT: Readonly<Record<ProgramName, readonly (keyof typeof WORDS)[]>> = {
  "the core": [...PARTS, "policies", "durable"],
  "a typical program": [
    ...["groups", "windows", "joins", "batch", "branches", "policies", "durable"] as const,
  ],
  "the fluent pipeline": ["batch", "policies", "durable"],
  "everything": ["policies", "durable"],
  "the policies": [...PARTS, "durable"],
  "the durable jobs": [...PARTS, "policies"],
};

/** What the guide to runtimes says of the size of three of them, in kB. */
const SAID =
  /pipeline\/core` takes (\d+) kB, one with four\s+operators (\d+) kB, and .*? operator (\d+) kB/s;
const SAID_OF: readonly ProgramName[] = ["the core", "a typical program", "the fluent pipeline"];

for (const [name, parts] of Object.entries(WITHOUT)) {
  const { code, maxGzipBytes } = PROGRAMS[name as ProgramName];

  test(`a bundle of ${name} holds what it names, within its size`, async () => {
    const bundle = await bundleProgram(code);

    assertEquals(parts.filter((part) => bundle.includes(WORDS[part])), []);
    const bytes = countGzipBytes(bundle);
    assert(bytes <= maxGzipBytes, `${bytes} bytes, and ${maxGzipBytes} are the most`);
  });
}

test("the guide to runtimes says how large three bundles are", async () => {
  const guide = await Deno.readTextFile(new URL("../docs/runtimes.md", import.meta.url));
  const said = SAID.exec(guide)?.slice(1).map(Number);
  const bundles = await Promise.all(SAID_OF.map((name) => bundleProgram(PROGRAMS[name].code)));

  assertEquals(said, bundles.map((bundle) => Math.round(countGzipBytes(bundle) / 1_000)));
});

test("each word that a bundle must not have stands in the bundle of everything", async () => {
  const { everything, "the policies": policies, "the durable jobs": durable } = PROGRAMS;
  const bundle = await bundleProgram(everything.code + policies.code + durable.code);

  assertEquals(Object.values(WORDS).filter((word) => !bundle.includes(word)), []);
});
