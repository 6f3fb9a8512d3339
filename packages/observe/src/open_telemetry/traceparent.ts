import {
  type Context,
  context,
  createTraceState,
  isSpanContextValid,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import { show } from "../_options.ts";

/** Version 00, as https://www.w3.org/TR/trace-context/#traceparent-header has it; later ones may go on. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const SAMPLED = 1;

/**
 * Headers of a request or a message: `Headers`, or an object with names in lower case.
 *
 * @category OpenTelemetry
 */
export type TraceCarrier =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, unknown>>;

/**
 * The ids that a function of a stage has in its context.
 *
 * @category OpenTelemetry
 */
export interface TraceIds {
  /** The run's trace: 16 bytes in lower-case hex. */
  readonly traceId: string;
  /** The stage's span: 8 bytes in lower-case hex. */
  readonly spanId: string;
}

/**
 * The header `traceparent` (W3C Trace Context) for a request that a stage makes, where no instrumentation
 * of the client sets it.
 *
 * @param ids What the stage's function gets beside the item.
 * @category OpenTelemetry
 *
 * @example A request that continues the trace
 * ```ts
 * import { traceparent } from "@headrace/observe/open_telemetry";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertMatch } from "@std/assert";
 *
 * const [header] = await StreamingPipeline.start<string>()
 *   .map("header", (_url, _index, context) => traceparent(context))
 *   .executeToArray(["https://example.com"]);
 * assertMatch(header!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
 * ```
 */
export function traceparent(ids: TraceIds): string {
  const { traceId, spanId } = ids;
  const active = trace.getSpanContext(context.active());
  // Where contexts are not carried, it is not known whether the trace is recorded.
  const flags = active?.traceId === traceId ? active.traceFlags & SAMPLED : SAMPLED;
  const header = `00-${traceId}-${spanId}-0${flags}`;
  if (TRACEPARENT.test(header)) return header;
  throw new TypeError(
    `Cannot make a traceparent: it needs the context of a stage, got ${show(ids)}`,
  );
}

/** `within` with the remote span that `carrier` names, or as it is where there is none that is valid. */
export function extractParent(carrier: TraceCarrier, within: Context): Context {
  const [, version, traceId = "", spanId = "", flags = ""] =
    TRACEPARENT.exec(readHeader(carrier, "traceparent") ?? "") ?? [];
  if (version === undefined || version === "ff") return within;
  const tracestate = readHeader(carrier, "tracestate");
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16) & SAMPLED,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(parent) ? trace.setSpanContext(within, parent) : within;
}

function readHeader(carrier: TraceCarrier, name: string): string | undefined {
  const { get } = carrier as { get?: unknown };
  const value = typeof get === "function"
    ? get.call(carrier, name)
    : (carrier as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : undefined;
}
