/**
 * All rows that are timed, in the order of the table.
 *
 * @module
 */

import type { Row } from "./lib/row.ts";
import { accumulated } from "./rows/accumulated.ts";
import { asyncMap } from "./rows/async_map.ts";
import { batchFlatten } from "./rows/batch_flatten.ts";
import { batchTime } from "./rows/batch_time.ts";
import { distinctRow } from "./rows/distinct.ts";
import { firstItem } from "./rows/first_item.ts";
import { groupByRow } from "./rows/group_by.ts";
import { mapPartitioned } from "./rows/map_partitioned.ts";
import { mergeRow } from "./rows/merge.ts";
import { metadata } from "./rows/metadata.ts";
import { parallelLimits } from "./rows/parallel_limits.ts";
import { parallelOrdered } from "./rows/parallel_ordered.ts";
import { scanRow } from "./rows/scan.ts";
import { shareRow } from "./rows/share.ts";
import { stages } from "./rows/stages.ts";
import { syncIterate } from "./rows/sync_iterate.ts";
import { syncReduce } from "./rows/sync_reduce.ts";
import { timedWork } from "./rows/timed_work.ts";
import { windowRow } from "./rows/window.ts";

export const ROWS: readonly Row[] = [
  syncReduce,
  syncIterate,
  stages,
  asyncMap,
  parallelOrdered,
  parallelLimits,
  timedWork,
  batchFlatten,
  batchTime,
  windowRow,
  scanRow,
  distinctRow,
  groupByRow,
  mapPartitioned,
  mergeRow,
  shareRow,
  firstItem,
  metadata,
  accumulated,
];
