import { toStepError } from "../internal/step_failure.ts";
import { startTimes } from "../internal/step_times.ts";
import type { ListOperationMetadata, StepContext, StepResult } from "../step_types.ts";

/** The result of a step that does `work`, which may say what became of a list. */
export async function toResult<TOutput>(
  stepName: string,
  { traceId, spanId }: Pick<StepContext<unknown, unknown, unknown>, "traceId" | "spanId">,
  work: (report: (list: ListOperationMetadata) => void) => TOutput | PromiseLike<TOutput>,
): Promise<StepResult<TOutput>> {
  const readTimes = startTimes();
  let listMetadata: ListOperationMetadata | undefined;
  const createMetadata = () => ({
    stepName,
    ...readTimes(),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(listMetadata !== undefined && { listMetadata }),
  });
  try {
    const data = await work((list) => {
      listMetadata = list;
    });
    return { success: true, data, metadata: createMetadata() };
  } catch (thrown) {
    return { success: false, error: toStepError(thrown), metadata: createMetadata() };
  }
}
