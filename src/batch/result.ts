import { toStepError } from "../internal/step_failure.ts";
import { startTimes } from "../internal/step_times.ts";
import type { ListOperationMetadata, StepContext, StepResult } from "../base/step_types.ts";

/**
 * Runs `work`, which may report the counts of a list, and resolves with the result of a step. Its
 * failures have the code `failureCode`, or that of what was thrown where absent.
 */
export async function toResult<TOutput>(
  stepName: string,
  { traceId, spanId }: Pick<StepContext<unknown, unknown, unknown>, "traceId" | "spanId">,
  work: (report: (list: ListOperationMetadata) => void) => TOutput | PromiseLike<TOutput>,
  failureCode?: string,
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
    const error = toStepError(thrown, failureCode);
    return { success: false, error, metadata: createMetadata() };
  }
}
