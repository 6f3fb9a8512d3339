import { registerRow } from "./lib/register.ts";
import { accumulated } from "./rows/accumulated.ts";

await registerRow(accumulated);
