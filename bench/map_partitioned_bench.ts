import { registerRow } from "./lib/register.ts";
import { mapPartitioned } from "./rows/map_partitioned.ts";

await registerRow(mapPartitioned);
