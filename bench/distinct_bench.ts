import { registerRow } from "./lib/register.ts";
import { distinctRow } from "./rows/distinct.ts";

await registerRow(distinctRow);
