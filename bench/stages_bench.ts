import { registerRow } from "./lib/register.ts";
import { stages } from "./rows/stages.ts";

await registerRow(stages);
