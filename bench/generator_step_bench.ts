import { registerRow } from "./lib/register.ts";
import { generatorStep } from "./rows/generator_step.ts";

await registerRow(generatorStep);
