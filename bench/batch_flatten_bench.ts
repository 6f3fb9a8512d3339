import { registerRow } from "./lib/register.ts";
import { batchFlatten } from "./rows/batch_flatten.ts";

await registerRow(batchFlatten);
