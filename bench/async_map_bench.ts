import { registerRow } from "./lib/register.ts";
import { asyncMap } from "./rows/async_map.ts";

await registerRow(asyncMap);
