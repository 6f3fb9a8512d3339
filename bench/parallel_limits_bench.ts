import { registerRow } from "./lib/register.ts";
import { parallelLimits } from "./rows/parallel_limits.ts";

await registerRow(parallelLimits);
