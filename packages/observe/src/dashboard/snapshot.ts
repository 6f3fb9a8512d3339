// What the page is sent of runs, as JSON. The page imports these types, and nothing else from here.

/** A stage, as the page shows it. */
export interface StageSnapshot {
  readonly key: string;
  readonly operator?: string | undefined;
  readonly inputCount: number;
  readonly outputCount: number;
  readonly droppedCount: number;
  readonly errorCount: number;
  readonly retryCount: number;
  readonly abandonedCount: number;
  /** Items that are worked on. */
  readonly busyCount: number;
  /** Items that are finished or kept back. */
  readonly waitingCount: number;
  readonly totalCount?: number | undefined;
  readonly stalledOn?: "upstream" | "downstream" | undefined;
  readonly p50Ms?: number | undefined;
  readonly p95Ms?: number | undefined;
  /** How many items have failed, by code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** A run, as the page shows it. */
export interface RunSnapshot {
  /** Unique on this dashboard; later runs have greater ones. */
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly isOver: boolean;
  readonly startedAt?: number | undefined;
  readonly durationMs: number;
  readonly outputCount: number;
  /** How many items its source has, where that is known. */
  readonly sourceCount?: number | undefined;
  readonly traceId: string;
  /** Why it failed or was aborted, in a sentence. */
  readonly failure?: string | undefined;
  readonly stages: readonly StageSnapshot[];
}

/** What is sent at once. */
export interface Update {
  /** The runs that have changed. */
  readonly runs: readonly RunSnapshot[];
  /** The ids of all runs on the dashboard. */
  readonly ids: readonly number[];
  /** How many runs go on that are not shown, because there are too many. */
  readonly notShown: number;
}
