// Providers that throw, which those of OpenTelemetry do not: a run must not fail for its telemetry.

import { diag } from "@opentelemetry/api";

/** What `work` returns. What it throws goes to the diagnostic logger of OpenTelemetry. */
export function guarded<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    diag.error("@headrace/observe: a provider of telemetry has thrown", thrown);
    return undefined;
  }
}
