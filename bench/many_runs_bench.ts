import { registerRow } from "./lib/register.ts";
import { manyRuns } from "./rows/many_runs.ts";

await registerRow(manyRuns);
