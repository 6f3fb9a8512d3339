// Browsers set the header themselves by which a page of another site is known, and let no page do it.

import { type Dashboard, dashboard } from "@headrace/observe/dashboard";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const EVENTS = "http://localhost:8000/events";

async function ask(board: Dashboard, init: RequestInit): Promise<number> {
  const response = await board.fetch(new Request(EVENTS, init));
  await response.body?.cancel();
  return response.status;
}

test("a page of another site cannot take the places of pages", async () => {
  const board = dashboard({ maxReaders: 1 });
  const statuses: number[] = [];
  for (const site of ["cross-site", "same-site", "same-origin", "none"]) {
    statuses.push(await ask(board, { headers: { "sec-fetch-site": site } }));
  }

  assertEquals(statuses, [403, 403, 200, 200]);
});
