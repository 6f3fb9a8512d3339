// Tests in a process of their own: an endless loop of microtasks keeps timers from running, so that
// only another process can end it. For Deno's runner alone.

import { test } from "../harness.ts";

/** Real milliseconds, for machines that are busy: it says nothing about speed. */
const LIMIT_MS = 120_000;

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Runs the tests of `file`, a path from the repository's root, and fails as they do. */
export function testApart(title: string, file: string): void {
  test(title, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--quiet", file],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let isKilled = false;
    const timer = setTimeout(() => {
      isKilled = true;
      child.kill("SIGKILL");
    }, LIMIT_MS);
    const { success, stdout, stderr } = await child.output();
    clearTimeout(timer);
    if (success) return;
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    // The last title is that of the test that hangs.
    throw new Error(isKilled ? `Nothing within ${LIMIT_MS} ms:\n${said}` : said);
  }, { hangAfterMs: 2 * LIMIT_MS });
}
