// Runs what newcomers type first, at the root of a copy of the repository that holds nothing but
// its own files. Prints what a command says where it fails, warns, or lacks what it should give.

import { unlessMissing } from "./files.ts";
import { ROOT, run, runDeno } from "./process.ts";

/** The commands, each with what its output must show. */
const COMMANDS: readonly { readonly args: readonly string[]; readonly shows?: RegExp }[] = [
  { args: ["fmt", "--check"] },
  { args: ["lint"] },
  { args: ["check", "."] },
  // They have run already: this finds and compiles the same files.
  { args: ["test", "-A", "--no-run"] },
  { args: ["bench", "-A"], shows: /batch +100,000 +[\d.]+ +[\d.]+\n +streaming +100,000/ },
  { args: ["task", "docs"] },
];

const copy = `${await Deno.makeTempDir({ prefix: "headrace-" })}/`;
try {
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
  for (const path of stdout.trim().split("\n")) {
    await Deno.mkdir((copy + path).replace(/[^/]+$/, ""), { recursive: true });
    // A file that is deleted and not committed is in the list as well.
    await unlessMissing(Deno.copyFile(ROOT + path, copy + path));
  }
  for (const { args, shows } of COMMANDS) {
    const { code, stdout, stderr } = await runDeno(args, { cwd: copy });
    const output = stdout + stderr;
    const fault = code !== 0
      ? "failed"
      : /\bwarning\b/i.test(output)
      ? "warns"
      : shows?.test(output) === false
      ? `does not show ${shows}`
      : undefined;
    if (fault === undefined) continue;
    console.log(`deno ${args.join(" ")} ${fault}:\n${output}`);
    Deno.exitCode = 1;
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
