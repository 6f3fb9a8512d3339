import { DEFAULT_DELAY_HIGH_WATER_MARK } from "../defaults.ts";
import { KEEP, type Stage } from "../engine/stage.ts";
import {
  requireInteger,
  requireKey,
  requireKnownOptions,
  requireNumber,
} from "../internal/validation.ts";
import type { DelayOptions } from "../options.ts";
import { DelayLine } from "./_delay_line.ts";

/** The items as they are, each a time after it came in. */
export function createDelayStage(
  key: string,
  delayMs: number,
  options: DelayOptions = {},
): Stage {
  requireKey("delay", key);
  const subject = { operator: "delay", key };
  requireNumber(subject, "delayMs", delayMs, 0);
  requireKnownOptions(subject, options, ["highWaterMark"]);
  const { highWaterMark = DEFAULT_DELAY_HIGH_WATER_MARK } = options;
  requireInteger(subject, "highWaterMark", highWaterMark, 1);
  return {
    kind: "item",
    key,
    name: key,
    operator: "delay",
    outcome: KEEP,
    parallel: { concurrencyLimit: highWaterMark, highWaterMark, ordered: true },
    open() {
      const line = new DelayLine(delayMs);
      return { call: (_item, _index, { signal }) => line.wait(signal) };
    },
  };
}
