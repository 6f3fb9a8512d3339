// Who takes a place among the pages of a dashboard, and who does not.

import { type Dashboard, dashboard } from "@headrace/observe/dashboard";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const EVENTS = "http://localhost:8000/events";

async function ask(board: Dashboard, init: RequestInit): Promise<number> {
  const response = await board.fetch(new Request(EVENTS, init));
  await response.body?.cancel();
  return response.status;
}

test("who asks for nothing but the head of a page's events takes no place", async () => {
  const board = dashboard({ maxReaders: 1 });
  for (const method of ["HEAD", "HEAD", "POST", "OPTIONS"]) await ask(board, { method });

  assertEquals(await ask(board, {}), 200);
});
