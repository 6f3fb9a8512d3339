import { registerRow } from "./lib/register.ts";
import { shareRow } from "./rows/share.ts";

await registerRow(shareRow);
