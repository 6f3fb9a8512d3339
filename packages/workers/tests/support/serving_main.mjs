// On Node, a program that starts a worker's own file: the paths of the package's bundle and of the worker's.

import { Worker } from "node:worker_threads";

const [, , library, worker] = process.argv;
const { workerPool } = await import(library);
const pool = workerPool(() => new Worker(new URL(worker)), { workers: 2 });
const boxes = [1, 2, 3].map((width) => ({ width, height: 2 }));
console.log((await Promise.all(boxes.map((box) => pool.call("area", box)))).join());
// An open pool that has nothing to do lets the process end.
