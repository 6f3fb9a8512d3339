// Finds the examples, each a project of its own.

import { listFolders, unlessMissing } from "./files.ts";
import { ROOT } from "./process.ts";

/** A folder under `examples/` with a deno.json. */
export interface Example {
  readonly name: string;
  /** Path of its deno.json, from the repository's root. */
  readonly config: string;
  /** Names of its tasks. */
  readonly tasks: readonly string[];
}

/** All examples, by name. */
export async function listExamples(): Promise<Example[]> {
  const examples: Example[] = [];
  for (const name of await listFolders("examples")) {
    const config = `examples/${name}/deno.json`;
    const text = await unlessMissing(Deno.readTextFile(ROOT + config));
    if (text === undefined) continue;
    const { tasks = {} }: { tasks?: Record<string, unknown> } = JSON.parse(
      text,
    );
    examples.push({ name, config, tasks: Object.keys(tasks) });
  }
  return examples;
}
