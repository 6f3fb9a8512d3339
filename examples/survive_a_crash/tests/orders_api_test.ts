import { deepEqual, equal } from "node:assert/strict";
import { countRows } from "../count_rows.ts";
import { readOrders } from "../orders.ts";
import { makeOrder, OrdersApi } from "../orders_api.ts";

Deno.test("readOrders() gives all orders of the API, and goes on inside a page", async () => {
  await using api = new OrdersApi(3);
  const all = await Array.fromAsync(readOrders(api.url));
  deepEqual(all.map(({ id }) => id), Array.from({ length: 150 }, (_, index) => index + 1));
  equal(api.askedAgain, 0);

  const positions = await Array.fromAsync(readOrders(api.url).open(undefined));
  const from = positions[69]!.position;
  const rest = await Array.fromAsync(readOrders(api.url).open(from), ({ item }) => item.id);
  deepEqual([rest.length, rest[0]], [80, 71]);
  // All three once more, and then the last two.
  equal(api.askedAgain, 5);
});

Deno.test("the API answers 404 for what it does not have", async () => {
  await using api = new OrdersApi(2);
  for (
    const path of ["/orders?after=7", "/orders?after=100", "/orders?after=x", "/customers/9", "/"]
  ) {
    const response = await fetch(api.url + path);
    await response.body?.cancel();
    equal(response.status, 404, path);
  }
});

Deno.test("the API lets pages wait that are not allowed", async () => {
  await using api = new OrdersApi(2);
  await api.allow(0);
  const asked = api.allow(1);
  const first = fetch(`${api.url}/orders`);
  await asked;
  equal((await (await first).json()).next, 50);
  const second = fetch(`${api.url}/orders?after=50`);
  // Its answer comes after one that was asked for later and that nothing holds.
  await (await fetch(`${api.url}/customers/1`)).body?.cancel();
  api.allow(Infinity);
  const { status, body } = await second;
  await body?.cancel();
  equal(status, 503);
});

Deno.test("countRows() finds what is missing, what is doubled, and what is wrong", () => {
  const [one, two, three] = [1, 2, 3].map(makeOrder);
  const whole = { missing: 0, duplicates: 0, wrong: 0 };
  deepEqual(countRows([one!, two!, three!], 3), { rows: 3, ...whole });
  deepEqual(countRows([one!, three!], 3), { rows: 2, ...whole, missing: 1 });
  deepEqual(countRows([one!, two!, two!, three!], 3), { rows: 4, ...whole, duplicates: 1 });
  deepEqual(countRows([one!, { ...two!, cents: 1 }, three!], 3), { rows: 3, ...whole, wrong: 1 });
  const balance = one!.cents + two!.cents;
  deepEqual(countRows([{ ...two!, balance }], 2), { rows: 1, ...whole, missing: 1 });
  deepEqual(countRows([{ ...two!, balance: balance + 1 }, makeOrder(4)], 2), {
    rows: 2,
    missing: 1,
    duplicates: 0,
    wrong: 2,
  });
});
