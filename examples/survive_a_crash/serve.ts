// `deno task serve`: the API of the demo by itself, for a worker that you kill yourself.

import { OrdersApi } from "./orders_api.ts";

const api = new OrdersApi(1_000, 8_000);
console.log(`${api.count} orders at ${api.url}/orders`);
