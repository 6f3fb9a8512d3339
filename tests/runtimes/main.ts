// The end of the bundle that carries the suite: runs it where it was loaded and prints one line
// that the tools read. The same file serves a process (Node, Bun), a Worker and a page.

import { runTests } from "../harness.ts";

interface NodeProcess {
  exit(code: number): never;
}

/** Stands in front of the line with the result. */
const RESULT_MARK = "HEADRACE-RESULT ";

/** Stands in front of the line with a test that begins: a process that hangs is watched by others. */
const TEST_MARK = "HEADRACE-TEST ";

/** How long a process may live on after its last test. */
const EXIT_WITHIN_MS = 2_000;

const { console, navigator, setTimeout } = globalThis;
const nodeProcess = (globalThis as { process?: NodeProcess }).process;

// A Worker may not wait or start timers outside a handler; `workerd test` calls `test()`.
const isWorker = navigator?.userAgent === "Cloudflare-Workers";
const handler: { test(): Promise<void> } = { test: main };
export default handler;

if (!isWorker) await main();
if (!isWorker && nodeProcess !== undefined) failUnlessExiting(nodeProcess);

async function main(): Promise<void> {
  const run = await runTests((begun) => {
    if (begun !== undefined) console.log(TEST_MARK + JSON.stringify(begun));
  });
  console.log(RESULT_MARK + JSON.stringify(run));
}

/** A process that does not end by itself means that something was left over. */
function failUnlessExiting(process: NodeProcess): void {
  const watchdog: unknown = setTimeout(() => {
    console.error(`Still alive ${EXIT_WITHIN_MS} ms after the last test: something was left over`);
    process.exit(1);
  }, EXIT_WITHIN_MS);
  (watchdog as { unref(): void }).unref();
}
