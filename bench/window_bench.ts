import { registerRow } from "./lib/register.ts";
import { windowRow } from "./rows/window.ts";

await registerRow(windowRow);
