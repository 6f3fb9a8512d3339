/**
 * Windows of one length by event time.
 *
 * @module
 */

import { type Arrival, EventWindows, OpenWindow, type Placement } from "./_event_windows.ts";
import { floorDifference, type WindowGrid, type WindowPlace } from "./_window_grid.ts";

/** A window of a grid. */
class GridWindow extends OpenWindow {
  readonly id: WindowPlace["id"];

  constructor(key: unknown, number: number, { id, start, last }: WindowPlace) {
    super(key, number, start, last);
    this.id = id;
  }
}

/** The windows of a grid, which may overlap, or have gaps between them. */
export class SlidingWindows extends EventWindows<GridWindow> {
  readonly #grid: WindowGrid;
  /** By key and id. */
  readonly #open = new Map<unknown, Map<WindowPlace["id"], GridWindow>>();

  constructor(grid: WindowGrid, allowedLatenessMs: number) {
    super(allowedLatenessMs);
    this.#grid = grid;
  }

  protected override place({ item, atMs, key, path }: Arrival): Placement {
    let placement: Placement = "between";
    for (const place of this.#grid.placesOf(atMs)) {
      // Those before end earlier still.
      if (this.isPast(place.last)) return placement === "between" ? "late" : placement;
      const window = this.#open.get(key)?.get(place.id) ?? this.#begin(key, place);
      window.items.push(item);
      window.path = path;
      if (placement === "between") window.lastOf++;
      placement = "placed";
    }
    return placement;
  }

  protected override isPast(last: number): boolean {
    return last < floorDifference(this.latestMs, this.allowedLatenessMs);
  }

  protected override endOf({ last }: GridWindow): number {
    return last + 1;
  }

  protected override forget({ key, id }: GridWindow): void {
    const open = this.#open.get(key)!;
    open.delete(id);
    if (open.size === 0) this.#open.delete(key);
  }

  #begin(key: unknown, place: WindowPlace): GridWindow {
    const window = new GridWindow(key, this.nextNumber(), place);
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, new Map([[window.id, window]]));
    else open.set(window.id, window);
    this.enqueue(window);
    return window;
  }
}
