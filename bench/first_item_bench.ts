import { registerRow } from "./lib/register.ts";
import { firstItem } from "./rows/first_item.ts";

await registerRow(firstItem);
