import { registerRow } from "./lib/register.ts";
import { durableJobs } from "./rows/durable.ts";

await registerRow(durableJobs);
