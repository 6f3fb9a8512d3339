import { registerRow } from "./lib/register.ts";
import { mergeRow } from "./rows/merge.ts";

await registerRow(mergeRow);
