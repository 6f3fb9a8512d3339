// Runs one simulation, bundled, in a process of its own: its result goes to the output.

import { simulate, type Simulation } from "./simulate.ts";

console.log(JSON.stringify(await simulate(JSON.parse(Deno.args[0]!) as Simulation)));
