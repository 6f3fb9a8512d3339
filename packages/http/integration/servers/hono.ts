import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { handle } from "./handle.ts";

const app = new Hono();
app.get("*", (context) => handle(context.req.raw, { signal: context.req.raw.signal }));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`PORT ${port}`);
});
