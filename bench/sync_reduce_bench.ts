import { registerRow } from "./lib/register.ts";
import { syncReduce } from "./rows/sync_reduce.ts";

await registerRow(syncReduce);
