// What a worker runs that a pool has started by itself: it loads the module that the pool names. Its
// bundle is in `_inline_source.ts`.

import { openPort } from "./_worker_port.ts";
import { serveOn } from "./_worker_side.ts";

serveOn(openPort(), (url) => import(url!));
