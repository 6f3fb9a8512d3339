import { registerRow } from "./lib/register.ts";
import { asyncSources } from "./rows/async_sources.ts";

await registerRow(asyncSources);
