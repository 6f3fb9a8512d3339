// The npm build of @std/streams, with the types of what this project uses of it.
// @ts-types="./types.d.ts"
export * from "npm:deno-std@1.3.4/streams/mod.js";
