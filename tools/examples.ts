// Finds the examples that are projects of their own.

import { ROOT } from "./process.ts";

/** A folder under `examples/` with a deno.json. */
export interface Example {
  readonly name: string;
  /** Path of its deno.json. */
  readonly config: string;
  /** Names of its tasks. */
  readonly tasks: readonly string[];
}

/** All examples, by name. */
export async function listExamples(): Promise<Example[]> {
  const examples: Example[] = [];
  for (const name of await listFolders(`${ROOT}examples`)) {
    const config = `${ROOT}examples/${name}/deno.json`;
    const text = await unlessMissing(Deno.readTextFile(config));
    if (text === undefined) continue;
    const { tasks = {} }: { tasks?: Record<string, unknown> } = JSON.parse(text);
    examples.push({ name, config, tasks: Object.keys(tasks) });
  }
  return examples;
}

async function listFolders(path: string): Promise<string[]> {
  const entries = await unlessMissing(Array.fromAsync(Deno.readDir(path)));
  return (entries ?? []).filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
