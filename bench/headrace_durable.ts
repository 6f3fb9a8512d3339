/**
 * The durable jobs of the library under their name, as `headrace.ts` is the library.
 *
 * @module
 */

export * from "../src/durable/mod.ts";
