/**
 * All rows that are timed, in the order of the table.
 *
 * @module
 */

import type { Row } from "./lib/row.ts";
import { accumulated } from "./rows/accumulated.ts";
import { asyncMap } from "./rows/async_map.ts";
import { batchFlatten } from "./rows/batch_flatten.ts";
import { firstItem } from "./rows/first_item.ts";
import { metadata } from "./rows/metadata.ts";
import { parallelLimits } from "./rows/parallel_limits.ts";
import { parallelOrdered } from "./rows/parallel_ordered.ts";
import { stages } from "./rows/stages.ts";
import { syncIterate } from "./rows/sync_iterate.ts";
import { syncReduce } from "./rows/sync_reduce.ts";
import { timedWork } from "./rows/timed_work.ts";

export const ROWS: readonly Row[] = [
  syncReduce,
  syncIterate,
  stages,
  asyncMap,
  parallelOrdered,
  parallelLimits,
  timedWork,
  batchFlatten,
  firstItem,
  metadata,
  accumulated,
];
