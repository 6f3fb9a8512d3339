// `worker <api> <folder> <job>`: a process that is killed.

import process from "node:process";
import { JOBS } from "./jobs.ts";

const [api = "", folder = "", name = ""] = process.argv.slice(2);
await JOBS[name]!({ api, folder });
