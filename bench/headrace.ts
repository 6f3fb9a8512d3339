/**
 * The library under its package's name. `deno.json` names this file instead of `../mod.ts`: Deno
 * takes an import that leads straight into another package for a link, and would lock that
 * package's own development dependencies here.
 *
 * @module
 */

export * from "../mod.ts";
