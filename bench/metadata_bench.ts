import { registerRow } from "./lib/register.ts";
import { metadata } from "./rows/metadata.ts";

await registerRow(metadata);
