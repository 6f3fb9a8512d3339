import { measureTypeCost } from "./lib/type_cost.ts";

const STAGES = 50;

const { checkMs, instantiations, types, errors } = measureTypeCost(STAGES);
if (errors.length > 0) {
  throw new Error(`A chain of ${STAGES} stages does not compile: ${errors[0]}`);
}
console.log(
  `Chain of ${STAGES} stages: ${checkMs.toFixed(0)} ms to check, ` +
    `${instantiations} instantiations, ${types} types.`,
);

Deno.bench({
  name: `parse and check a chain of ${STAGES} stages`,
  group: "types",
  n: 3,
  warmup: 1,
  fn: () => {
    measureTypeCost(STAGES);
  },
});
