import { registerRow } from "./lib/register.ts";
import { groupByStages } from "./rows/group_by_stages.ts";

await registerRow(groupByStages);
