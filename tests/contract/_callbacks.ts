// Every place where code of the user's is called for an item, and a pipeline that calls it there.

import {
  type CallbackRow,
  ONE_BY_ONE,
  SYNC,
  WITH_MODES,
  WITHOUT_STRATEGY,
} from "./_callback_rows.ts";
import { FUNCTION_OPERATORS } from "./_function_operators.ts";
import { type Mode, parallelMode, SEQUENTIAL, SEQUENTIAL_ASYNC } from "./_modes.ts";
import { WINDOWED_FUNCTION_OPERATORS } from "./_windowed_operators.ts";

/** A place where a pipeline calls a function of the user's. */
export interface Place extends CallbackRow {
  readonly modes: readonly Mode[];
  /** Whether its stage takes an error strategy. */
  readonly hasStrategy: boolean;
  /** Whether what it answers is waited for. */
  readonly isAwaited: boolean;
}

const MODES: readonly Mode[] = [
  SEQUENTIAL,
  SEQUENTIAL_ASYNC,
  parallelMode(2, true),
  parallelMode(16, false),
  parallelMode(2, true, false),
];
const LABELS = new Set(MODES.map(({ label }) => label));

/** The operators that take a function, in the modes that they have of those above. */
const OPERATORS: readonly Place[] = [
  ...FUNCTION_OPERATORS.filter(({ endsTogether }) => !endsTogether),
  ...WINDOWED_FUNCTION_OPERATORS,
].map(
  ({ name, modes, answer, build }) => ({
    name,
    build: (call, options) => build((item) => call(item), options),
    answer,
    modes: modes.filter(({ label }) => LABELS.has(label)),
    hasStrategy: true,
    isAwaited: true,
  }),
);

/** Every place. */
export const PLACES: readonly Place[] = [
  ...OPERATORS,
  ...toPlaces(WITH_MODES, { modes: MODES, hasStrategy: true, isAwaited: true }),
  ...toPlaces(ONE_BY_ONE, { modes: MODES.slice(0, 2), hasStrategy: true, isAwaited: true }),
  ...toPlaces(WITHOUT_STRATEGY, { modes: MODES.slice(0, 2), hasStrategy: false, isAwaited: true }),
  ...toPlaces(SYNC, { modes: [SEQUENTIAL], hasStrategy: false, isAwaited: false }),
];

function toPlaces(
  rows: readonly CallbackRow[],
  traits: Pick<Place, "modes" | "hasStrategy" | "isAwaited">,
): Place[] {
  return rows.map((row) => ({ ...row, ...traits }));
}
