// A program that shows a run which it does not read: it ends nevertheless.

import { log, profile, progress } from "@headrace/observe";
import { dashboard } from "@headrace/observe/dashboard";
import { StreamingPipeline } from "@headrace/pipeline";

const run = StreamingPipeline.start<number>().run([1]);
const write = () => {};
progress(run, { to: { write } });
log(run, { write, everyMs: 1_000 });
profile(run);
const board = dashboard();
board.observe()(run);
console.log((await board.serve()).url);
