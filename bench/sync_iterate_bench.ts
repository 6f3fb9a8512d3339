import { registerRow } from "./lib/register.ts";
import { syncIterate } from "./rows/sync_iterate.ts";

await registerRow(syncIterate);
