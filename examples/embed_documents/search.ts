import process from "node:process";
import { parseSearchArguments, SEARCH_USAGE } from "./args.ts";
import { runCommand } from "./cli.ts";
import { embedderFrom } from "./embedder.ts";
import { findChunks, formatMatches } from "./find.ts";

await runCommand(SEARCH_USAGE, async (args, signal) => {
  const options = parseSearchArguments(args);
  const matches = await findChunks(options, embedderFrom(process.env), signal);
  console.log(formatMatches(matches));
  return true;
});
