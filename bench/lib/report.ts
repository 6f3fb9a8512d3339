/** All that the runner found out. @module */

import type { RuntimeResult } from "../measure.ts";
import type { BundleSize } from "./bundle_size.ts";
import type { ImportResult } from "./import_cost.ts";
import type { RowResult } from "./measure.ts";
import type { TypeCost } from "./type_cost.ts";

export interface Report {
  readonly runtimes: readonly RuntimeResult[];
  readonly imports?: readonly ImportResult[];
  readonly bundleSizes?: readonly BundleSize[];
  readonly typeCosts?: readonly TypeCost[];
}

/** What one runtime found for a row. */
export function findRow(runtime: RuntimeResult, id: string): RowResult | undefined {
  return runtime.rows.find((row) => row.id === id);
}

/** The rows that were measured: the same on every runtime, in the same order. */
export function rowsOf({ runtimes }: Report): readonly RowResult[] {
  return runtimes[0]?.rows ?? [];
}

/** What went wrong, if anything did: contenders without figures, chains that do not compile. */
export function failuresOf({ runtimes, typeCosts = [] }: Report): string[] {
  const contenders = runtimes.flatMap(({ runtime, rows }) =>
    rows.flatMap(({ id, groups }) =>
      groups.flatMap(({ contenders }) =>
        contenders.filter(({ failure }) => failure !== undefined)
          .map(({ name, failure }) => `${runtime}, ${id}, ${name}: ${failure}`)
      )
    )
  );
  const chains = typeCosts.flatMap(({ stages, errors }) =>
    errors.map((error) => `types, ${stages} stages: ${error}`)
  );
  return [...contenders, ...chains];
}
