import { run } from "./program.mjs";

await run();
console.log("all is well");
