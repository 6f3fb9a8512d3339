// Names of the Durable Streams protocol.

export const OFFSET_PARAM = "offset";
export const LIVE_PARAM = "live";
export const CURSOR_PARAM = "cursor";
export const OFFSET_HEADER = "Stream-Next-Offset";
export const CURSOR_HEADER = "Stream-Cursor";
export const UP_TO_DATE_HEADER = "Stream-Up-To-Date";
export const CLOSED_HEADER = "Stream-Closed";
export const PRODUCER_ID_HEADER = "Producer-Id";
export const PRODUCER_EPOCH_HEADER = "Producer-Epoch";
export const PRODUCER_SEQ_HEADER = "Producer-Seq";
/** The offset before everything. */
export const BEGINNING = "-1";
