/**
 * The types that a user of the library meets.
 *
 * @module
 */

import type { RetryOptions, StepMemory } from "./options.ts";
import type { CreatedStep, Step } from "./step_types.ts";

/**
 * Many items: an iterable, an async iterable, or a web stream. The compiler's messages are about the
 * last of them.
 *
 * @category Pipelines
 */
export type Many<T> = ReadableStream<T> | AsyncIterable<T> | Iterable<T>;

/**
 * What a run reads: one item, or many from an iterable, an async iterable or a web stream.
 *
 * A string, and anything that is not iterable and not a stream, is one item. To pass one item that
 * is itself iterable, wrap it: `[value]`.
 *
 * @typeParam T The type of one item.
 * @category Pipelines
 */
export type Source<T> = OneItem<T> | Many<T>;

/**
 * The items that can be passed as they are: those that are not iterable, and strings.
 *
 * @category Pipelines
 */
export type OneItem<T> = T extends string ? T : T extends Many<unknown> ? WrapIterableItem<T> : T;

/**
 * What nothing satisfies: stands where an item that is iterable is passed as it is. It has the item's
 * own properties, so that the compiler's message is about it and not about one of {@linkcode Many}.
 *
 * @category Pipelines
 */
export type WrapIterableItem<T> =
  & { readonly [TProperty in keyof T as TProperty]: unknown }
  & { readonly error: "many items are read from it: pass one item that is iterable as [item]" };

/**
 * The state with one more key: what `key`'s stage produces. A key of type `string` adds what nothing
 * can rely on, so that it spoils no literal key.
 *
 * @category State
 */
export type AddToState<TState, TKey extends string, TValue> =
  & TState
  & { [P in TKey]: string extends TKey ? unknown : TValue };

/**
 * Whether the keys in use are not known: the state is `any`, or has keys of type `string`.
 *
 * @category State
 */
export type IsOpenState<TState> = [string] extends [keyof TState] ? true : false;

/**
 * The type of a `key` parameter that refuses keys in use: for a key that is taken the parameter
 * asks for an object that names the key, so that the compiler's message does too.
 *
 * Both sides of `extends` are tuples, so that nothing is distributed: only then does the compiler
 * compare an argument with a condition that it cannot resolve yet. It first asks with `any` for a
 * type parameter, in the state or in the key, where the condition can never hold: so a helper over
 * any pipeline may add a stage, and one whose key is a type parameter, too.
 *
 * @category State
 */
export type ValidateNewKey<TState, TKey extends string> =
  & TKey
  & ([TKey, IsOpenState<TState>, IsOpenState<TKey>] extends [keyof TState, false, false]
    ? { error: `duplicate key '${TKey}'` }
    : unknown);

/**
 * What everything that takes a pipeline asks for: a pipeline of either face.
 *
 * @typeParam TInput The type of the items that it reads.
 * @typeParam TOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext The context that its functions get.
 * @category Pipelines
 */
export interface PipelineOf<
  in TInput,
  out TOutput,
  out TAccumulated = unknown,
  in TContext = never,
> {
  /** Carries the types; it exists for the compiler alone. */
  readonly "~flow": (
    input: TInput,
    context: TContext,
  ) => { readonly output: TOutput; readonly state: TAccumulated };
}

/**
 * What earlier stages made of the current item.
 *
 * @typeParam TAccumulated The item type of each earlier stage, by its key.
 * @category State
 */
export interface StreamingState<out TAccumulated> {
  /**
   * The value that each earlier stage produced on the current item's own path, by key. It is a
   * view: in a step that reads many items it always shows the item read last.
   */
  readonly accumulated: { readonly [TKey in keyof TAccumulated]: TAccumulated[TKey] };
  /** Whether stage `key` has produced a value on the current item's path; a checkpoint always has. */
  hasSnapshot(key: keyof TAccumulated): boolean;
  /**
   * All items that stage `key` makes in this run, for a step over the whole stream (`add`). Asked
   * for before the step reads its input, it gives every item; reading it pulls the source, and what
   * the step itself has not read yet is kept for it. Of a checkpoint it gives the one array. Where
   * the step may be started again (`errorStrategy`, `retry`), all items are kept for that.
   *
   * @throws {StateNotRecordedError} If items have gone by unrecorded, or in a function of one item.
   */
  stream<TKey extends keyof TAccumulated & string>(
    key: TKey,
  ): AsyncGenerator<TAccumulated[TKey], void, undefined>;
  /**
   * The array of what {@linkcode StreamingState.stream} gives; memory grows with its length.
   *
   * @throws {StateNotRecordedError} As `stream`; the promise is rejected.
   */
  materialize<TKey extends keyof TAccumulated & string>(
    key: TKey,
  ): Promise<TAccumulated[TKey][]>;
}

/**
 * What a function stage gets beside the item and its index.
 *
 * @typeParam TAccumulated The item type of each earlier stage, by its key.
 * @typeParam TContext What the context builder given to `start` returns.
 * @category Functions and options
 */
export interface StageContext<out TAccumulated, out TContext> {
  /** What earlier stages made of this item. */
  readonly state: StreamingState<TAccumulated>;
  /** What the context builder returned for this run. */
  readonly context: TContext;
  /** Aborted when the result is no longer wanted: pass it on to whatever can be cancelled. */
  readonly signal: AbortSignal;
  /**
   * What `open` returns, called once per run and `open`, when it is first asked for: a connection, a
   * folder, a pool. It may be a promise; one that is rejected is forgotten, and the next call opens
   * anew. When the run is over, however it ends, its `Symbol.asyncDispose` or `Symbol.dispose` is
   * called, where it has one, the last opened first; the run waits for that within `closeTimeoutMs`.
   * Pipelines inside groups and branches have it in common with the run around them.
   */
  readonly perRun: <T>(open: () => T) => T;
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  readonly traceId: string;
  /** The stage's span id in this run: 8 bytes in lower-case hex (W3C Trace Context). */
  readonly spanId: string;
}

/**
 * What a step that works on a whole stream gets.
 *
 * @typeParam TInput The type of the items it reads.
 * @typeParam TAccumulated The item type of each earlier stage, by its key.
 * @typeParam TContext What the context builder given to `start` returns.
 * @category Steps
 */
export interface StreamingStepContext<out TInput, out TAccumulated, out TContext>
  extends StageContext<TAccumulated, TContext> {
  /** The items of the stage before. Each is computed when it is asked for. */
  readonly input: AsyncGenerator<TInput, void, undefined>;
  /**
   * Says that all that it makes of what it has read so far is yielded. It counts for a durable run
   * where the stage has `lineage: "hold"`.
   */
  readonly ack: () => void;
}

/**
 * A function of one item: the work of a stage such as `map`.
 *
 * @typeParam TInput The type of the item.
 * @typeParam TOutput What it returns, or the promise of it.
 * @category Functions and options
 */
export type StageFunction<TInput, TOutput, TAccumulated, TContext> = (
  item: TInput,
  index: number,
  context: StageContext<TAccumulated, TContext>,
) => TOutput | PromiseLike<TOutput>;

/**
 * A function over a whole stream: the work of `add`, usually an async generator function.
 *
 * @category Steps
 */
export type StreamingFunction<TInput, TOutput, TAccumulated, TContext> = (
  context: StreamingStepContext<TInput, TAccumulated, TContext>,
) => AsyncIterable<TOutput>;

/**
 * A reusable, named unit of work over a whole stream.
 *
 * @typeParam TInput The type of the items it reads.
 * @typeParam TOutput The type of the items it yields.
 * @typeParam TAccumulated The state it needs.
 * @typeParam TContext The context it needs.
 * @category Steps
 */
export interface StreamingStep<TInput, TOutput, TAccumulated = unknown, TContext = unknown> {
  /** Distinguishes this kind from a {@linkcode Step}; absent on steps that were written by hand. */
  readonly isStreamingStep?: true | undefined;
  /** The name that errors and metadata show. */
  readonly name: string;
  /** Called once per run. */
  readonly execute: StreamingFunction<TInput, TOutput, TAccumulated, TContext>;
  /** How a failed item is tried again. */
  readonly retry?: number | RetryOptions | undefined;
  /** What it keeps from item to item, for durable runs in the mode `snapshots`. */
  readonly memory?: StepMemory<unknown, unknown> | undefined;
}

/**
 * One unit of work with two bodies: a batch pipeline runs the one on the whole list, a streaming
 * pipeline the one on the stream.
 *
 * @typeParam TInput The type of the items it reads.
 * @typeParam TOutput The type of the items it makes.
 * @category Steps
 */
export interface HybridStep<TInput, TOutput, TState = unknown, TContext = unknown> {
  /** Distinguishes this kind from the others. */
  readonly isHybridStep: true;
  /** The name that errors and metadata show. */
  readonly name: string;
  /** What a batch pipeline runs. */
  readonly batch: Step<TInput[], TOutput[], TState, TContext>;
  /** What a streaming pipeline runs. */
  readonly streaming: StreamingStep<TInput, TOutput, TState, TContext>;
}

/**
 * A {@linkcode StreamingStep} that the library has made. It says of which kind it is, so that the
 * types of a step that is made inside a call such as `map` are inferred.
 *
 * @category Steps
 */
export interface CreatedStreamingStep<TInput, TOutput, TAccumulated = unknown, TContext = unknown>
  extends StreamingStep<TInput, TOutput, TAccumulated, TContext> {
  /** Distinguishes this kind from a {@linkcode CreatedStep}. */
  readonly isStreamingStep: true;
}

/**
 * The type parameter of what is looked at late. It is never given: see {@linkcode AtLast}.
 *
 * @category Functions and options
 */
export interface Late {
  /** Never there. */
  readonly late?: undefined;
}

/**
 * Stands before the members of a union that the compiler must look at last: `AtLast<TLate> & T`.
 *
 * A generic function keeps its type where it is given for a parameter that is one function type. So
 * it must not see the other members before it has inferred the types: while `TLate` is not known,
 * this is `undefined`, of which `undefined & T` leaves nothing; in the end, it is `unknown`.
 * For a step that is made inside the call it is `unknown` from the beginning, so that its types are
 * inferred from the call; `TLate["late"]` keeps steps that are written by hand out of that.
 *
 * @category Functions and options
 */
export type AtLast<TLate> = {
  readonly [key: string]: unknown;
  readonly early: undefined;
  // An index of type `any` reads the signature; the constraint of the condition is the other branch.
  // deno-lint-ignore no-explicit-any -- no other type is left out of the constraint
}[[TLate] extends [object] ? any : "early"];

/**
 * What streaming steps are besides, where a {@linkcode Step} may be written as an object inside the
 * call: a function with a type parameter of its own is not asked what the parameters of that object
 * are, so that they are those of a step.
 *
 * @category Functions and options
 */
export interface Unasked {
  /** Whatever the step's own says. */
  readonly execute: <TNone>(context: never) => AsyncIterable<unknown>;
}

/**
 * What `map` or `branch` runs: a function of one item, or a step of either kind.
 *
 * One union for one signature, of which the compiler sees the function alone until it has inferred
 * the types: see {@linkcode AtLast}.
 *
 * @typeParam TItem The items that it is called for, where a type guard leaves fewer than `TInput`. A
 * step that is made inside the call knows `TInput` alone.
 * @category Functions and options
 */
export type StageWork<
  TInput,
  TOutput,
  TAccumulated,
  TContext,
  TLate extends Late = object,
  TStreaming = unknown,
  TItem = TInput,
> =
  | StageFunction<TItem, TOutput, TAccumulated, TContext>
  | (
    & AtLast<TLate>
    & (
      | (TStreaming & CreatedStreamingStep<TInput, TOutput, TAccumulated, TContext>)
      | CreatedStep<TInput, TOutput, TAccumulated, TContext>
    )
  )
  | (
    & TLate["late"]
    & (
      | Step<TItem, TOutput, TAccumulated, TContext>
      | (TStreaming & StreamingStep<TItem, TOutput, TAccumulated, TContext>)
    )
  );

/**
 * What `flatMap` runs: its functions and steps on one item answer with many.
 *
 * @category Functions and options
 */
export type ExpandWork<
  TInput,
  TOutput,
  TAccumulated,
  TContext,
  TLate extends Late = object,
  TStreaming = unknown,
> =
  | StageFunction<TInput, Many<TOutput>, TAccumulated, TContext>
  | (
    & AtLast<TLate>
    & (
      | (TStreaming & CreatedStreamingStep<TInput, TOutput, TAccumulated, TContext>)
      | CreatedStep<TInput, Many<TOutput>, TAccumulated, TContext>
    )
  )
  | (
    & TLate["late"]
    & (
      | Step<TInput, Many<TOutput>, TAccumulated, TContext>
      | (TStreaming & StreamingStep<TInput, TOutput, TAccumulated, TContext>)
    )
  );

/**
 * What `add` runs: a function over the stream, or a step of any kind.
 *
 * @category Functions and options
 */
export type StreamWork<TInput, TOutput, TAccumulated, TContext, TLate extends Late = object> =
  | StreamingFunction<TInput, TOutput, TAccumulated, TContext>
  | (
    & AtLast<TLate>
    & (
      | CreatedStreamingStep<TInput, TOutput, TAccumulated, TContext>
      | CreatedStep<TInput, TOutput, TAccumulated, TContext>
      | HybridStep<TInput, TOutput, TAccumulated, TContext>
    )
  )
  | (
    & TLate["late"]
    & (
      | Step<TInput, TOutput, TAccumulated, TContext>
      | StreamingStep<TInput, TOutput, TAccumulated, TContext>
    )
  );

/**
 * Predicates and type guards in one parameter: `TOutput` is its default where there is no guard.
 *
 * @category Functions and options
 */
export type Predicate<
  TInput,
  TOutput extends TInput,
  TAccumulated,
  TContext,
  TLate extends Late = object,
> =
  | ((
    item: TInput,
    index: number,
    context: StageContext<TAccumulated, TContext>,
  ) => item is TOutput)
  | (
    & AtLast<TLate>
    & ((
      item: TInput,
      index: number,
      context: StageContext<TAccumulated, TContext>,
    ) => boolean | PromiseLike<boolean>)
  );

/**
 * The items for which a predicate answers with a truthy value: where it is a type guard, those that it
 * guards.
 *
 * @typeParam TGuarded What the type guard says of an item; `never` where the predicate is none.
 * @category Functions and options
 */
export type Accepted<TInput, TGuarded> = [TGuarded] extends [never] ? TInput : TGuarded;

/**
 * The other items: where the predicate is a type guard, those that it does not guard.
 *
 * @typeParam TGuarded What the type guard says of an item; `never` where the predicate is none.
 * @category Functions and options
 */
export type Rejected<TInput, TGuarded> = [TGuarded] extends [never] ? TInput
  : Exclude<TInput, TGuarded>;

/**
 * Makes the next value of the last one and an item.
 *
 * @category Several items together
 */
export type Reducer<TValue, TInput, TAccumulated, TContext> = (
  value: TValue,
  item: TInput,
  index: number,
  context: StageContext<TAccumulated, TContext>,
) => TValue | PromiseLike<TValue>;

/**
 * What ends the stream of `takeUntil`: a signal that is aborted, or a promise that is settled.
 *
 * @category Which items pass
 */
export type Stop = AbortSignal | PromiseLike<unknown>;

/**
 * Another source that a stage reads beside the stream: many items, or a function that gives them or
 * the promise of them, called once per run, when the first of them is needed. A string is one item,
 * and no source. What can be read only once, such as a generator or a web stream, serves one run only,
 * and is closed when that run ends, read or not: more runs want a function.
 *
 * @category Several streams
 */
export type OtherSource<T, TAccumulated = unknown, TContext = unknown> =
  | (object & Many<T>)
  | ((
    context: StageContext<TAccumulated, TContext>,
  ) => (object & Many<T>) | PromiseLike<object & Many<T>>);

/**
 * A web transform: a `TransformStream` or any other pair. It is the platform's
 * `ReadableWritablePair`, which some platforms' types lack.
 *
 * @typeParam TOutput The type of the items that are read.
 * @typeParam TInput The type of the items that are written.
 * @category Web streams
 */
export interface WebTransform<TOutput, TInput> {
  /** What comes out. */
  readonly readable: ReadableStream<TOutput>;
  /** Where items are written. */
  readonly writable: WritableStream<TInput>;
}

/**
 * What web transforms of bytes, such as `CompressionStream`, take where the items are `T`: views of
 * an `ArrayBuffer`, while `Uint8Array` alone may be a view of shared memory as well.
 *
 * @category Web streams
 */
export type WrittenItem<T> = T extends Uint8Array ? Uint8Array<ArrayBuffer> : T;

/**
 * What a stage takes besides `T` where `T` is what a web transform of bytes takes: any `Uint8Array`.
 *
 * @category Web streams
 */
export type SharedBytes<T> = Uint8Array<ArrayBuffer> extends T ? Uint8Array : never;

/**
 * What `transform` makes once per run: it may keep something between two items.
 *
 * @typeParam TInput The type of the items that come in.
 * @typeParam TOutput The type of what comes out.
 * @typeParam TContext What `transform` gets after the item and its index.
 * @category Functions and options
 */
export interface ItemTransform<TInput, TOutput, TContext> {
  /** What comes out for an item, or the promise of it; an empty array where nothing does. */
  transform(
    item: TInput,
    index: number,
    context: TContext,
  ): Many<TOutput> | PromiseLike<Many<TOutput>>;
  /**
   * What comes out when no further item comes. `isComplete` is false where something before the stage
   * has failed: what is half read stays so.
   */
  flush?(isComplete: boolean): Many<TOutput> | PromiseLike<Many<TOutput>>;
  /**
   * What it keeps between two items, for durable runs in the mode `snapshots`: plain values, maps,
   * sets, dates and bytes. Called while nothing is in progress.
   */
  snapshot?(): unknown;
  /** Puts back what `snapshot` has returned, before the first item. */
  restore?(saved: never): void;
}

/**
 * How many items a web stream queues. It is the platform's `QueuingStrategy`, which some platforms'
 * types lack.
 *
 * @typeParam T The type of the items.
 * @category Web streams
 */
export interface QueueOptions<T> {
  /** The sum of the sizes up to which the stream asks for more. */
  readonly highWaterMark?: number | undefined;
  /** The size of an item; 1 by default. */
  readonly size?: ((item: T) => number) | undefined;
}

/**
 * The type of the elements of an array type; of each, where it is a union of arrays.
 *
 * @category Several items together
 */
export type ElementOf<T> = T extends readonly unknown[] ? T[number] : never;

/**
 * What `compose` asks of the other pipeline, as a type that nothing satisfies where it does not
 * hold, so that the compiler's message gives the reason.
 *
 * @category Pipelines
 */
export type Composable<TOutput, TInput, TContext, TOtherContext, TState, TOtherState> =
  [TOutput] extends [TInput] ? [TContext] extends [TOtherContext] ? [
        [keyof TState & keyof TOtherState] extends [never] ? true : false,
        IsOpenState<TState> | IsOpenState<TOtherState>,
      ] extends [false, false]
        ? { error: `duplicate key '${keyof TState & keyof TOtherState & string}'` }
      : unknown
    : { error: "it needs another context"; needs: TOtherContext; has: TContext }
    : { error: "it reads other items"; reads: TInput; given: TOutput };

/**
 * The type that a {@linkcode StreamingStep} reads.
 *
 * @category Steps
 */
export type StreamingStepInput<TStep> = TStep extends
  StreamingStep<infer TInput, infer _O, infer _A, infer _C> ? AsyncGenerator<TInput>
  : never;

/**
 * The type that a {@linkcode StreamingStep} yields.
 *
 * @category Steps
 */
export type StreamingStepOutput<TStep> = TStep extends
  StreamingStep<infer _I, infer TOutput, infer _A, infer _C> ? AsyncGenerator<TOutput>
  : never;

/**
 * The state that a {@linkcode StreamingStep} needs.
 *
 * @category Steps
 */
export type StreamingStepAccumulated<TStep> = TStep extends
  StreamingStep<infer _I, infer _O, infer TAccumulated, infer _C> ? TAccumulated
  : never;

/**
 * An item, and what is known of how it was made.
 *
 * @category Metadata
 */
export interface StreamingStepResult<T> {
  /** The item, as it is. */
  readonly data: T;
  /** Beside the item, never inside it. */
  readonly metadata: {
    /** Milliseconds from the moment the item was asked for until it came. */
    readonly durationMs: number;
    /** The name of the last stage. */
    readonly stepName: string;
    /** The item's position among those that came out, from 0. */
    readonly itemIndex: number;
  };
}

/**
 * The items of a span of time; of one key where they have windows of their own by keys.
 *
 * @category Several items together
 */
export interface TimeWindow<TItem, TGroup = undefined> {
  /** Its first moment, in milliseconds: since the Unix epoch, or as the items say it. */
  readonly start: number;
  /** The first moment after it. */
  readonly end: number;
  /** In the order in which they came; at least one. */
  readonly items: readonly TItem[];
  /** What `by` has answered for the items; `undefined` where there is no `by`. */
  readonly key: TGroup;
}

/**
 * The value that `aggregate` has made of the items of a span of time.
 *
 * @category Several items together
 */
export interface TimeAggregate<TValue, TGroup = undefined> {
  /** Its first moment, in milliseconds: since the Unix epoch, or as the items say it. */
  readonly start: number;
  /** The first moment after it. */
  readonly end: number;
  /** What `aggregate` has made of its items, in the order in which they came. */
  readonly value: TValue;
  /** What `by` has answered for the items; `undefined` where there is no `by`. */
  readonly key: TGroup;
}

/**
 * What comes out of `windowTime`: items, or a value where there is an `aggregate`.
 *
 * @category Several items together
 */
export type WindowOf<TItem, TGroup, TValue> = [TValue] extends [never] ? TimeWindow<TItem, TGroup>
  : TimeAggregate<TValue, TGroup>;
