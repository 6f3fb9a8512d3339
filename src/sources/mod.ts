/**
 * Functions on sources: several streams made one, one made several, and a source that is opened again.
 *
 * @module
 */

export { combineLatest } from "./combine_latest.ts";
export { concat } from "./concat.ts";
export { interleave } from "./interleave.ts";
export type { ItemOf, ItemsOf } from "./item_of.ts";
export { join, type JoinOptions, type JoinRow } from "./join.ts";
export { JoinLimitError, JoinOrderError, type JoinSide } from "./join_errors.ts";
export { merge } from "./merge.ts";
export {
  type OpenSource,
  type ResumePoint,
  retrySource,
  type RetrySourceOptions,
} from "./retry_source.ts";
export {
  share,
  type SharedMetrics,
  type SharedReaderMetrics,
  type SharedSource,
  type ShareOptions,
} from "./share.ts";
export { zip } from "./zip.ts";
export { type FilledRow, zipLongest } from "./zip_longest.ts";
