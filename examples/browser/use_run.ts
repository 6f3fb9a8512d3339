import { useEffect, useState } from "react";

/** What a component knows of its run. */
export interface RunState<T> {
  /** What has come out so far, in order. */
  readonly items: readonly T[];
  readonly status: "running" | "completed" | "failed";
  /** Why it failed. */
  readonly error?: unknown;
}

const BEGINNING: RunState<never> = { items: [], status: "running" };

/**
 * Runs what `start` returns for as long as the component is mounted. When `start` changes, or the
 * component goes, the signal is aborted: keep `start` the same between renders with `useCallback`.
 *
 * Items come in arrays, so that there is one render for each of them: end the pipeline with a
 * `batch` that closes by time.
 */
export function useRun<T>(
  start: (signal: AbortSignal) => AsyncIterable<readonly T[]>,
): RunState<T> {
  const [run, setRun] = useState<{ of: typeof start; state: RunState<T> }>();
  useEffect(() => {
    const leaving = new AbortController();
    setRun({ of: start, state: BEGINNING });
    void follow(start, leaving.signal, (change) => {
      setRun((run) => ({ of: start, state: change(run?.state ?? BEGINNING) }));
    });
    return () => leaving.abort();
  }, [start]);
  return run?.of === start ? run.state : BEGINNING; // at first the state is that of the last run
}

/** Puts what comes out of a run into a state, until it is over or left. */
export async function follow<T>(
  start: (signal: AbortSignal) => AsyncIterable<readonly T[]>,
  signal: AbortSignal,
  update: (change: (state: RunState<T>) => RunState<T>) => void,
): Promise<void> {
  await Promise.resolve(); // under StrictMode a component comes, goes and comes again at once
  if (signal.aborted) return;
  try {
    for await (const batch of start(signal)) {
      if (signal.aborted) return; // the state is already that of the next run
      update((state) => ({ ...state, items: [...state.items, ...batch] }));
    }
    if (!signal.aborted) update((state) => ({ ...state, status: "completed" }));
  } catch (error) {
    if (!signal.aborted) update((state) => ({ ...state, status: "failed", error }));
  }
}
