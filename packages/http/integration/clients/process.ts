import { argv } from "node:process";
import { ask } from "./ask.ts";

console.log(`PORT 1 ${JSON.stringify(await ask(argv[2]!))} END`);
