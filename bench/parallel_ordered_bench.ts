import { registerRow } from "./lib/register.ts";
import { parallelOrdered } from "./rows/parallel_ordered.ts";

await registerRow(parallelOrdered);
