import { registerRow } from "./lib/register.ts";
import { timedWork } from "./rows/timed_work.ts";

await registerRow(timedWork);
