import { GENERATE_USAGE, parseGenerateArguments, runCommand } from "./args.ts";
import { formatClick } from "./clicks.ts";
import { makeClicks } from "./make_clicks.ts";

await runCommand(GENERATE_USAGE, (args) => {
  for (const click of makeClicks(parseGenerateArguments(args))) console.log(formatClick(click));
});
