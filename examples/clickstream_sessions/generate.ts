import { GENERATE_USAGE, parseGenerateArguments, runCommand } from "./args.ts";
import { formatClick } from "./clicks.ts";
import { makeClicks } from "./make_clicks.ts";
import { print } from "./print.ts";

await runCommand(GENERATE_USAGE, (args) => {
  for (const click of makeClicks(parseGenerateArguments(args))) print(formatClick(click));
});
