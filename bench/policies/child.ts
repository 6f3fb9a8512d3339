// Runs one simulation, bundled, in a process of its own: what it has come to goes to the output.

import { simulate, type Simulation } from "./simulate.ts";

console.log(JSON.stringify(await simulate(JSON.parse(Deno.args[0]!) as Simulation)));
