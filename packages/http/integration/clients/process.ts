import { argv } from "node:process";
import { ask } from "./ask.ts";

console.log(`RESULT ${JSON.stringify(await ask(argv[2]!))}`);
