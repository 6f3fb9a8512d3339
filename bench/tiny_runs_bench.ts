import { registerRow } from "./lib/register.ts";
import { tinyRuns } from "./rows/tiny_runs.ts";

await registerRow(tinyRuns);
