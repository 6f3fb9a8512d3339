// What stands around a call that answers with many items.

import type { StageOptions } from "../../mod.ts";

/** The limit of those that have one. */
export const LIMIT_MS = 30;

/** How items are worked on. */
export const SOME_MODES: Readonly<Record<string, StageOptions>> = {
  "": {},
  " parallel": { parallel: true, concurrencyLimit: 3 },
  " parallel unordered": { parallel: true, concurrencyLimit: 3, ordered: false },
};

/** What gives an attempt up when its time is over. */
export const LIMITS: Readonly<Record<string, StageOptions>> = {
  timeoutMs: { timeoutMs: LIMIT_MS },
  "timeoutMs, leaving the item out": { timeoutMs: LIMIT_MS, errorStrategy: "SKIP_FAILED" },
  "timeoutMs and retry": {
    timeoutMs: LIMIT_MS,
    retry: { maxAttempts: 2, backoffMs: 1, jitter: 0 },
  },
  "retry.totalMs": { retry: { maxAttempts: 2, backoffMs: 1, jitter: 0, totalMs: LIMIT_MS } },
};

/** A second attempt, without a limit. */
export const RETRY: StageOptions = { retry: { maxAttempts: 2, backoffMs: 1 } };
