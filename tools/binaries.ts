// Finds the runtimes that the suite runs on; those that are not installed come from npm.

import { run } from "./process.ts";

const BUN_VERSION = "1.4.5";
const NODE_20_VERSION = "20.20.2";
const NODE_24_VERSION = "24.21.0";
// Newer versions lack platform packages that Deno insists on.
const WORKERD_VERSION = "1.20261023.1";
const SQLITE_VEC_VERSION = "0.1.9";

const isArm = Deno.build.arch === "aarch64";
const platform = Deno.build.os;

/** Path of Bun. */
export function findBun(): Promise<string> {
  const name = `@oven/bun-${platform}-${isArm ? "aarch64" : "x64"}`;
  return fromNpm(`${name}@${BUN_VERSION}`, "bin/bun");
}

/** Path of Node 20: the installed one where that is its version. */
export async function findNode20(): Promise<string> {
  const installed = await run("node", ["--version"]).catch(() => undefined);
  return installed?.stdout.startsWith("v20.") ? "node" : await findNode(NODE_20_VERSION);
}

/** Path of Node 24. */
export function findNode24(): Promise<string> {
  return findNode(NODE_24_VERSION);
}

/** Path of a version of Node. */
export function findNode(version: string): Promise<string> {
  return fromNpm(`node-${platform}-${isArm ? "arm64" : "x64"}@${version}`, "bin/node");
}

/** Path of workerd, the runtime of Cloudflare Workers. */
export function findWorkerd(): Promise<string> {
  const name = `@cloudflare/workerd-${platform}-${isArm ? "arm64" : "64"}`;
  return fromNpm(`${name}@${WORKERD_VERSION}`, "bin/workerd");
}

/** Path of the folder with sqlite-vec as SQLite loads it, for this machine. */
export async function findVectorExtension(): Promise<string> {
  const { getLoadablePath } = await import(`npm:sqlite-vec@${SQLITE_VEC_VERSION}`);
  const path: string = getLoadablePath();
  return path.slice(0, path.lastIndexOf("/"));
}

/** Importing one file of a package makes Deno fetch the package. */
async function fromNpm(name: string, path: string): Promise<string> {
  await import(`npm:${name}/package.json`, { with: { type: "json" } });
  return decodeURIComponent(new URL(import.meta.resolve(`npm:${name}/${path}`)).pathname);
}
