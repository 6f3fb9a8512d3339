/**
 * The policies of the library under their name, as `headrace.ts` is the library.
 *
 * @module
 */

export * from "../src/policies/mod.ts";
