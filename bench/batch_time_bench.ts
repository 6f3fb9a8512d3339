import { registerRow } from "./lib/register.ts";
import { batchTime } from "./rows/batch_time.ts";

await registerRow(batchTime);
