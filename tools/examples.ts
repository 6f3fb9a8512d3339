// Finds the projects with tests of their own: the examples, and what the packages are tried with.

import { listFolders, unlessMissing } from "./files.ts";
import { readDenoRun, type Work } from "./outcome.ts";
import { ROOT, runDeno, type RunOptions } from "./process.ts";

/** A folder with a deno.json that is no member of the workspace. */
export interface Example {
  readonly name: string;
  /** Path of the folder, from the repository's root. */
  readonly folder: string;
  /** Path of its deno.json, from the repository's root. */
  readonly config: string;
  /** Names of its tasks. */
  readonly tasks: readonly string[];
}

/** All examples, by name, then the folders `integration` of the packages. */
export async function listExamples(): Promise<Example[]> {
  const named = [
    ...(await listFolders("examples")).map((name) => ({ name, folder: `examples/${name}` })),
    ...(await listFolders("packages")).map((name) => ({
      name: `${name}, integration`,
      folder: `packages/${name}/integration`,
    })),
  ];
  const examples: Example[] = [];
  for (const { name, folder } of named) {
    const config = `${folder}/deno.json`;
    const text = await unlessMissing(Deno.readTextFile(ROOT + config));
    if (text === undefined) continue;
    const { tasks = {} }: { tasks?: Record<string, unknown> } = JSON.parse(text);
    examples.push({ name, folder, config, tasks: Object.keys(tasks) });
  }
  return examples;
}

/** The tests of those that have such a task. */
export async function listExampleTests(task: string, options?: RunOptions): Promise<Work[]> {
  const examples = (await listExamples()).filter(({ tasks }) => tasks.includes(task));
  return examples.map(({ name, config }) => {
    const args = ["task", "--quiet", "--config", config, task];
    return { name, work: async () => readDenoRun(await runDeno(args, options)) };
  });
}
