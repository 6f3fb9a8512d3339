/**
 * A page that shows runs while they go on.
 *
 * @example A page at an address of this machine
 * ```ts
 * import { dashboard } from "@headrace/observe/dashboard";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const board = dashboard();
 * await StreamingPipeline.start<number>().executeToArray([1], { observer: board.observe("one") });
 *
 * const page = await board.fetch(new Request("http://localhost/"));
 * assertEquals(page.status, 200);
 * ```
 *
 * @module
 */

export {
  type Dashboard,
  dashboard,
  type DashboardOptions,
  type DashboardServer,
  type ServeOptions,
} from "./dashboard.ts";
