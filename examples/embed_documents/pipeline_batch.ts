import {
  createStep,
  ListErrorStrategy,
  Pipeline,
  type StepMetadata,
  StreamingError,
} from "@headrace/pipeline";
import type { TextFile } from "@headrace/documents/files";
import type { CleanDocument } from "./clean.ts";
import type { Failure } from "./failures.ts";
import type { FormParts } from "./forms.ts";
import { ListCalls } from "./list_calls.ts";
import { BATCH_SIZE, type BatchItem, type Call, type EmbedRequest } from "./steps.ts";

/** What fails is left out of the list, and told by the metadata of the run. */
const SKIP = { errorStrategy: ListErrorStrategy.SKIP_FAILED } as const;
const PARALLEL_READS = { ...SKIP, parallel: true, concurrencyLimit: 10 } as const;

/** The lists whose items can fail, by the key of the stage that works on them. */
type Lists = Readonly<Record<string, readonly unknown[]>>;

/** The stages before `embed` that such lists come from. */
interface ListState {
  readonly discover: readonly string[];
  readonly changed: readonly TextFile[];
  readonly clean: readonly CleanDocument[];
}

/**
 * Embeds all matching files list by list: each stage is done with all of them before the next one
 * begins, and every list stays in memory to the end.
 */
export async function embedAsLists(
  { request, steps, calls, failures, events, signal }: FormParts,
): Promise<void> {
  const split = (document: CleanDocument, index: number, call: Call) =>
    Array.fromAsync(steps.split(document, index, call));
  const listCalls = new ListCalls(steps.embed);
  // A failure has the index of its item only, and a result has no state to look it up in.
  let lists: Lists = {};
  const keep = createStep(
    "lists",
    ({ input, state }: { readonly input: BatchItem[][]; readonly state: ListState }) => {
      lists = { read: state.discover, clean: state.changed, split: state.clean, embed: input };
      return input;
    },
  );

  const pipeline = Pipeline.start<EmbedRequest>()
    .add("discover", steps.discover)
    .map("read", steps.read, PARALLEL_READS)
    .filter("changed", steps.isChanged)
    .map("clean", steps.clean, SKIP)
    .flatMap("split", split, SKIP)
    .map("input", steps.toInput)
    .batch("batches", BATCH_SIZE)
    .add("lists", keep)
    // One at a time: `ListCalls` sees only so whether batch after batch fails.
    .map("embed", listCalls.embed, { ...SKIP, ...calls, concurrencyLimit: 1 })
    .flatten("embedded")
    .batch("writes", BATCH_SIZE)
    .flatMap("store", steps.save)
    .filter("completed", steps.isComplete);

  const result = await pipeline.execute(request, {
    signal: AbortSignal.any([signal, listCalls.signal]),
    observer: (run) => events.observe(run),
  });
  for (const failed of failuresOf(result.metadata, lists, listCalls)) failures.take(failed);
  // What has failed may have ended the run.
  signal.throwIfAborted();
  if (!result.success) throw result.error.cause ?? new Error(result.error.message);
}

/** The failed items of all stages, as a stream would hand them out. */
function* failuresOf(
  { steps = [] }: StepMetadata,
  lists: Lists,
  listCalls: ListCalls,
): Generator<Failure, void, undefined> {
  for (const { key = "", traceId = "", spanId = "", listMetadata } of steps) {
    for (const { index: itemIndex, error } of listMetadata?.failures ?? []) {
      // Absent where the run was stopped before its lists were kept: then it is told without paths.
      const item = lists[key]?.[itemIndex];
      const attempts = key === "embed" ? listCalls.attemptsAt(itemIndex) : 1;
      const { code, message, cause, retryable } = error;
      const details = { code, stepName: key, key, itemIndex, item, attempts, retryable };
      yield {
        item,
        itemIndex,
        key,
        error: new StreamingError(message, cause, { ...details, phase: "yield", traceId, spanId }),
      };
    }
  }
}
