/**
 * Windows of one length by event time.
 *
 * @module
 */

import {
  type Arrival,
  EventWindows,
  OpenWindow,
  type Placement,
  type SavedWindow,
} from "./_event_windows.ts";
import type { WindowContent } from "./_window_content.ts";
import { floorDifference, type WindowGrid, type WindowPlace } from "./_window_grid.ts";

/** A window of a grid. */
class GridWindow extends OpenWindow {
  readonly id: WindowPlace["id"];

  constructor(key: unknown, number: number, { id, start, last }: WindowPlace, content: unknown) {
    super(key, number, start, last, content);
    this.id = id;
  }
}

/** The windows of a grid, which may overlap, or have gaps between them. */
export class SlidingWindows extends EventWindows<GridWindow> {
  readonly #grid: WindowGrid;
  /** By key and id. */
  readonly #open = new Map<unknown, Map<WindowPlace["id"], GridWindow>>();

  constructor(grid: WindowGrid, allowedLatenessMs: number, content: WindowContent) {
    super(allowedLatenessMs, content);
    this.#grid = grid;
  }

  protected override place({ item, atMs, key, path }: Arrival, number: number): Placement {
    const open = this.#open.get(key);
    let placement: Placement = "between";
    // An item that cannot be added to one of its windows is in none.
    const entries: (readonly [WindowPlace, GridWindow | undefined, unknown])[] = [];
    for (const place of this.#grid.placesOf(atMs)) {
      // Those before end earlier still.
      if (this.isPast(place.last)) {
        placement = "late";
        break;
      }
      const window = open?.get(place.id);
      const before = window === undefined ? this.content.initial() : window.content;
      entries.push([place, window, this.content.add(before, item, number)]);
    }
    if (entries.length === 0) return placement;
    for (const [index, [place, known, content]] of entries.entries()) {
      const window = known ?? this.#begin(key, place, content);
      window.content = content;
      window.path = path;
      if (index === 0) window.lastOf++;
    }
    return "placed";
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

  protected override placeOf({ id }: GridWindow): unknown {
    return id;
  }

  protected override reopen({ key, number, start, last, content, place }: SavedWindow): GridWindow {
    const id = place as WindowPlace["id"];
    return this.#enter(new GridWindow(key, number, { id, start, last }, content));
  }

  #begin(key: unknown, place: WindowPlace, content: unknown): GridWindow {
    const window = this.#enter(new GridWindow(key, this.nextNumber(), place, content));
    this.enqueue(window);
    return window;
  }

  #enter(window: GridWindow): GridWindow {
    const { key, id } = window;
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, new Map([[id, window]]));
    else open.set(id, window);
    return window;
  }
}
