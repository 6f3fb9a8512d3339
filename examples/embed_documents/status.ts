import { parseStatusArguments, STATUS_USAGE } from "./args.ts";
import { runCommand } from "./cli.ts";
import { printable } from "./printable.ts";
import { readStatus } from "./read_status.ts";
import { formatStatus } from "./format_status.ts";

await runCommand(STATUS_USAGE, async (args, signal) => {
  const { verbose, ...options } = parseStatusArguments(args);
  console.log(printable(formatStatus(await readStatus(options, signal), verbose)));
  return true;
});
