import { registerRow } from "./lib/register.ts";
import { metadataShort } from "./rows/metadata_short.ts";

await registerRow(metadataShort);
