/**
 * All rows that are timed, in the order of the table.
 *
 * @module
 */

import type { Row } from "./lib/row.ts";
import { accumulated } from "./rows/accumulated.ts";
import { asyncMap } from "./rows/async_map.ts";
import { asyncSources } from "./rows/async_sources.ts";
import { batchFlatten } from "./rows/batch_flatten.ts";
import { batchTime } from "./rows/batch_time.ts";
import { distinctRow } from "./rows/distinct.ts";
import { durableJobs } from "./rows/durable.ts";
import { firstItem } from "./rows/first_item.ts";
import { generatorStep } from "./rows/generator_step.ts";
import { groupByRow } from "./rows/group_by.ts";
import { groupByStages } from "./rows/group_by_stages.ts";
import { manyRuns } from "./rows/many_runs.ts";
import { mapPartitioned } from "./rows/map_partitioned.ts";
import { mergeRow } from "./rows/merge.ts";
import { metadata } from "./rows/metadata.ts";
import { metadataShort } from "./rows/metadata_short.ts";
import { parallelLimits } from "./rows/parallel_limits.ts";
import { parallelOrdered } from "./rows/parallel_ordered.ts";
import { scanRow } from "./rows/scan.ts";
import { shareRow } from "./rows/share.ts";
import { stages } from "./rows/stages.ts";
import { syncIterate } from "./rows/sync_iterate.ts";
import { syncReduce } from "./rows/sync_reduce.ts";
import { timedWork } from "./rows/timed_work.ts";
import { tinyRuns } from "./rows/tiny_runs.ts";
import { windowRow } from "./rows/window.ts";

export const ROWS: readonly Row[] = [
  syncReduce,
  syncIterate,
  stages,
  asyncSources,
  asyncMap,
  generatorStep,
  parallelOrdered,
  parallelLimits,
  timedWork,
  batchFlatten,
  batchTime,
  windowRow,
  scanRow,
  distinctRow,
  groupByRow,
  groupByStages,
  mapPartitioned,
  mergeRow,
  shareRow,
  tinyRuns,
  manyRuns,
  firstItem,
  metadata,
  metadataShort,
  accumulated,
  durableJobs,
];
