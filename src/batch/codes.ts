/**
 * The codes of failures that the batch API has by place, whatever was thrown there.
 *
 * @module
 */

/** A step that was written by hand threw, or returned no result. */
export const UNHANDLED_ERROR = "UNHANDLED_ERROR";
/** A value that is mapped over is not a list. */
export const LIST_PROCESSING_ERROR = "LIST_PROCESSING_ERROR";
/** A step on a whole list failed. */
export const LIST_STEP_ERROR = "LIST_STEP_ERROR";
/** All items of a list were worked on, and some failed. */
export const LIST_PROCESSING_ERRORS = "LIST_PROCESSING_ERRORS";
