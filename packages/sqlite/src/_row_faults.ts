// What is wrong with rows that were written, until each of them fails in its turn. So a row that fails
// is the item of its failure, and nothing stands around it.

import type { RowError } from "./row_error.ts";

/** Of one run. */
export class RowFaults {
  /** In the order of the rows: the same object may come twice. */
  readonly #byRow: Map<unknown, (RowError | undefined)[]> = new Map();

  /** Keeps what `faults` has at the places of `rows`. */
  add(rows: readonly unknown[], faults: readonly (RowError | undefined)[]): void {
    if (faults.every((fault) => fault === undefined)) return;
    for (const [index, row] of rows.entries()) {
      const kept = this.#byRow.get(row);
      if (kept === undefined) this.#byRow.set(row, [faults[index]]);
      else kept.push(faults[index]);
    }
  }

  /** What is wrong with the row whose turn it is, which is then forgotten. */
  take(row: unknown): RowError | undefined {
    const kept = this.#byRow.get(row);
    const fault = kept?.shift();
    if (kept?.length === 0) this.#byRow.delete(row);
    return fault;
  }
}
