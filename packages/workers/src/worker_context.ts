/**
 * What a function in a worker gets beside the item and its index. It is made so that a function of a stage
 * fits, as long as it asks neither for state nor for the run's context: those stay where the run is.
 *
 * @category Workers
 */
export interface WorkerContext {
  /** Aborted when the result is no longer wanted, and when `timeoutMs` is over. */
  readonly signal: AbortSignal;
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  readonly traceId: string;
  /** The stage's span id in this run: 8 bytes in lower-case hex (W3C Trace Context). */
  readonly spanId: string;
  /**
   * Has these parts of the result moved instead of copied: the buffers of typed arrays, ports, streams
   * and so on. The worker cannot use them afterwards.
   */
  readonly transfer: (list: readonly object[]) => void;
}
