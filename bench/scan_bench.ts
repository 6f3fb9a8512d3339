import { registerRow } from "./lib/register.ts";
import { scanRow } from "./rows/scan.ts";

await registerRow(scanRow);
