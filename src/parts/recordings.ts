/**
 * Keeps what stages have made for those that read it later.
 *
 * @module
 */

import { StateNotRecordedError } from "../base/errors.ts";
import { Ring } from "../internal/ring.ts";
import type { CheckpointMode } from "../base/options.ts";
import type { StageRun } from "../core/stage_run.ts";
import type { Visible } from "../core/visibility.ts";

/** What one stage has made, for its readers. */
export class Recording {
  /** Whether no more comes. */
  readonly isComplete: boolean;
  /** All of it, where it is kept from the start. */
  #history: unknown[] | undefined;
  #keepers = 0;
  readonly #readers: Set<Ring<unknown>> = new Set();

  /** `complete` is all that the stage makes, where that is known. */
  constructor(complete?: unknown[]) {
    this.isComplete = complete !== undefined;
    this.#history = complete;
  }

  /** Whether a reader that begins now sees everything, whatever has gone by. */
  get isKept(): boolean {
    return this.#history !== undefined;
  }

  /** All of it so far, where it is kept. */
  get all(): unknown[] {
    return this.#history ?? [];
  }

  /** Keeps all of it, until each result was called. Called before the first item, or while it is kept. */
  keep(): () => void {
    this.#history ??= [];
    this.#keepers++;
    return () => {
      if (--this.#keepers === 0) this.#history = undefined;
    };
  }

  /** Takes note of an item. */
  add(item: unknown): void {
    this.#history?.push(item);
    for (const reader of this.#readers) reader.push(item);
  }

  /** A queue of all items from now on, and of those that were kept. */
  open(): Ring<unknown> {
    const reader = new Ring<unknown>();
    for (const item of this.#history ?? []) reader.push(item);
    this.#readers.add(reader);
    return reader;
  }

  /** Stops filling the queue. */
  close(reader: Ring<unknown>): void {
    this.#readers.delete(reader);
  }
}

const recordingsOfRuns: WeakMap<readonly StageRun[], Recordings> = new WeakMap();

/** The recordings of the run that a stage is in, made when the first stage asks. */
export function recordingsOf({ stages, scope }: StageRun): Recordings {
  const known = recordingsOfRuns.get(stages);
  if (known !== undefined) return known;
  const made = new Recordings(scope.checkpoints, stages);
  recordingsOfRuns.set(stages, made);
  return made;
}

/** Records all that a stage makes, from the start; for the `onOpen` of a stage. */
export function keepRecording(run: StageRun): void {
  recordingsOf(run).keep(run);
}

/** As {@linkcode keepRecording}, where the pipeline was started with `checkpoints: "always"`. */
export function keepWhereAlways(run: StageRun): void {
  if (run.scope.checkpoints === "always") keepRecording(run);
}

/** The recordings of a run: what a stage has made is what enters the stage after it. */
export class Recordings {
  readonly #mode: CheckpointMode;
  readonly #stages: readonly StageRun[];
  readonly #byKey: Map<string, Recording> = new Map();

  constructor(mode: CheckpointMode, stages: readonly StageRun[]) {
    this.#mode = mode;
    this.#stages = stages;
  }

  /** Keeps all that a stage makes; that of the last one is what comes out. */
  keep(run: StageRun): void {
    const after = this.#stages[this.#stages.indexOf(run) + 1];
    if (after !== undefined) this.#record(run.stage.key, after).keep();
  }

  /** All that `key`'s stage has made, where that is kept and it is not the last stage. */
  read(key: string): unknown[] {
    const { gathered } = this.#stages.find(({ stage }) => stage.key === key)!;
    return gathered === undefined ? this.#byKey.get(key)!.all : [gathered];
  }

  /** What `key`'s stage makes, for a later one; recorded from now on, if nothing has gone by. */
  find(key: string, asking: StageRun): Recording {
    if (this.#mode === "never") {
      throw new StateNotRecordedError(key, 'the pipeline was started with checkpoints: "never"');
    }
    const visible = asking.visible.stages.find((each) => each.key === key);
    if (visible === undefined) {
      throw new StateNotRecordedError(key, "no stage of that key is earlier");
    }
    // It makes one value, the array, which exists before any later step starts.
    if (visible.isBarrier) return new Recording([this.#stages[visible.index]!.gathered]);
    const recording = this.#recordUnlessGone(visible);
    if (recording === undefined) {
      throw new StateNotRecordedError(
        key,
        "items have gone by unrecorded. Ask before the step reads its input, put .checkpoint() " +
          'after the stage, or, for a stage made by add, start with checkpoints: "always"',
      );
    }
    if (asking.restarts) recording.keep();
    return recording;
  }

  /** Keeps what all stages make that `asking` can see, where nothing was missed, until it is released. */
  keepAll(asking: StageRun): () => void {
    const releases: (() => void)[] = [];
    for (const visible of this.#mode === "never" ? [] : asking.visible.stages) {
      const recording = visible.isBarrier ? undefined : this.#recordUnlessGone(visible);
      if (recording !== undefined) releases.push(recording.keep());
    }
    return () => {
      for (const release of releases.splice(0)) release();
    };
  }

  /** The recording of a stage, begun now where there is none; absent where items have gone by. */
  #recordUnlessGone({ key, index }: Visible): Recording | undefined {
    const known = this.#byKey.get(key);
    const after = this.#stages[index + 1]!;
    if (!known?.isKept && after.worker.readFlow().entered > 0) return undefined;
    return known ?? this.#record(key, after);
  }

  #record(key: string, after: StageRun): Recording {
    const recording = new Recording();
    this.#byKey.set(key, recording);
    after.worker.tap((item) => recording.add(item));
    return recording;
  }
}
