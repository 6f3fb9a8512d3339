import process from "node:process";
import { EMBED_USAGE, parseEmbedArguments } from "./args.ts";
import { patientCalls } from "./calls.ts";
import { runCommand } from "./cli.ts";
import { embedFolder } from "./embed_folder.ts";
import { embedderFrom } from "./embedder.ts";
import { CoresEmbedder } from "./embedder_cores.ts";
import { explainRun } from "./explain.ts";
import { lastRequest } from "./last_run.ts";
import { printable } from "./printable.ts";
import { withReport } from "./report.ts";

await runCommand(EMBED_USAGE, async (args, signal) => {
  const { database, retries, parallel, verbose, errorsFile, explain, ...parsed } =
    parseEmbedArguments(args);
  const request = parsed.request ?? lastRequest(database);
  await using embedder = new CoresEmbedder(embedderFrom(process.env));
  const options = { ...request, database, errorsFile, calls: patientCalls(retries, parallel) };
  if (explain) {
    console.log(printable(explainRun(options, embedder)));
    return true;
  }
  const { foundCount, failedCount } = await withReport(
    (report) => embedFolder(options, embedder, report, signal),
    { verbose, errorsFile },
  );
  if (foundCount === 0) {
    console.error(printable(`No file in "${request.folder}" matches "${request.pattern}".`));
  }
  return foundCount > 0 && failedCount === 0;
});
