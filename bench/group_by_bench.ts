import { registerRow } from "./lib/register.ts";
import { groupByRow } from "./rows/group_by.ts";

await registerRow(groupByRow);
