/** Prints the {@linkcode TypeCost} of chains of 10, 50 and 100 stages, as JSON. @module */

import { measureTypeCost } from "./lib/type_cost.ts";

console.log(JSON.stringify([10, 50, 100].map(measureTypeCost)));
