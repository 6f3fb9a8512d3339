import process from "node:process";
import { EMBED_USAGE, parseEmbedArguments } from "./args.ts";
import { patientCalls } from "./calls.ts";
import { runCommand } from "./cli.ts";
import { embedFolder } from "./embed_folder.ts";
import { embedderFrom } from "./embedder.ts";
import { CoresEmbedder } from "./embedder_cores.ts";
import { withReport } from "./report.ts";

await runCommand(EMBED_USAGE, async (args, signal) => {
  const { retries, parallel, verbose, ...options } = parseEmbedArguments(args);
  await using embedder = new CoresEmbedder(embedderFrom(process.env));
  const calls = patientCalls(retries, parallel);
  const { foundCount, failedCount } = await withReport(
    (report) => embedFolder({ ...options, calls }, embedder, report, signal),
    { verbose, errorsFile: options.errorsFile },
  );
  if (foundCount === 0) {
    console.error(`No file in "${options.folder}" matches "${options.pattern}".`);
  }
  return foundCount > 0 && failedCount === 0;
});
