import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import process from "node:process";
import { parseSessionsArguments, runCommand, SESSIONS_USAGE, STDIN } from "./args.ts";
import { print } from "./print.ts";
import { requireOtherFile } from "./require_other_file.ts";
import { formatClick } from "./clicks.ts";
import { runSessions } from "./run_sessions.ts";

await runCommand(SESSIONS_USAGE, async (args) => {
  const { file, late, maxFutureMs, ...rules } = parseSessionsArguments(args);
  // Before it is opened, which empties it.
  if (late !== undefined) requireOtherFile(late, file === STDIN ? process.stdin.fd : file);
  const lateFile = late === undefined ? undefined : await open(late, "w");
  try {
    const totals = await runSessions(file === STDIN ? process.stdin : createReadStream(file), {
      ...rules,
      latestMs: Date.now() + maxFutureMs,
      sessions: (session) => print(JSON.stringify(session)),
      lateClicks: ({ item }) => lateFile?.write(`${formatClick(item)}\n`),
      badLines: (number, code) => console.error(`line ${number}: ${code}`),
    });
    const { lines, badLines, duplicates, lateClicks, sessions, clicks } = totals;
    console.error(`${lines} lines: ${clicks} clicks in ${sessions} sessions`);
    console.error(
      `${lateClicks} clicks were late, ${duplicates} came twice, ${badLines} lines were bad`,
    );
  } finally {
    await lateFile?.close();
  }
});
