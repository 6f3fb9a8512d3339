// Runs the programs of a folder one after the other, on Deno, Node or Bun: those named `0.mjs`,
// `1.mjs` and so on, as far as they go. Prints a line for each that has ended: what it printed.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [folder, extension] = process.argv.slice(2);
const print = console.log;
for (let index = 0;; index++) {
  const path = resolve(folder, `${index}${extension}`);
  if (!existsSync(path)) break;
  const lines = [];
  console.log = (...values) => lines.push(format(...values));
  let error;
  try {
    await import(pathToFileURL(path).href);
  } catch (reason) {
    error = String(reason?.stack ?? reason);
  }
  print(JSON.stringify({ lines, error }));
}
