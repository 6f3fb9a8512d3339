import { LexicalEmbedder } from "@headrace/documents/lexical";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEMO_USAGE, parseDemoArguments } from "./args.ts";
import { runCommand } from "./cli.ts";
import { embedFolder } from "./embed_folder.ts";
import { CoresEmbedder } from "./embedder_cores.ts";
import { findChunks, formatMatches } from "./find.ts";
import { DEFAULT_PATTERN } from "./matcher.ts";
import { withReport } from "./report.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const QUESTION = "What happens to the source when the consumer breaks out of the loop?";

await runCommand(DEMO_USAGE, async (args, signal) => {
  const question = parseDemoArguments(args) ?? QUESTION;
  // Offline whatever the environment says: this must work on a fresh clone.
  await using embedder = new CoresEmbedder(new LexicalEmbedder());
  const directory = await mkdtemp(join(tmpdir(), "headrace-demo-"));
  const database = join(directory, "demo.db");
  try {
    console.log(`Embedding the markdown files of ${REPOSITORY}\n`);
    const options = { folder: REPOSITORY, pattern: DEFAULT_PATTERN, database, endOfText: "" };
    const { failedCount } = await withReport((report) =>
      embedFolder(options, embedder, report, signal)
    );
    console.log(`\nThe question: ${question}\n`);
    console.log(formatMatches(await findChunks({ question, top: 3, database }, embedder, signal)));
    return failedCount === 0;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
