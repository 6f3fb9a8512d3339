/**
 * What a stage may do to its run.
 *
 * @module
 */

import type { ItemPath, StageMemory } from "./context.ts";
import type { StageControl } from "./stage.ts";
import type { StageRun } from "./stage_run.ts";

/**
 * What any stage may do to its run. It knows no paths: items that are worked on side by side bring
 * theirs along, and a fused stage adds those of its loop.
 */
export class RunControl implements StageControl {
  readonly run: StageRun;

  constructor(run: StageRun) {
    this.run = run;
  }

  drop(): void {
    this.run.dropped++;
  }

  keep(memory: StageMemory): StageMemory {
    return this.run.keep(memory);
  }

  end(): void {}

  path(): ItemPath {
    return undefined;
  }

  follow(_path: ItemPath): void {}

  retain(path: ItemPath, before?: ItemPath): ItemPath {
    return path === undefined ? undefined : this.run.scope.lineage?.gather(path, before) ?? path;
  }
}
