// `deno task dev`: the page, and a small, slow shop that it asks.

import { createPage } from "./page.ts";

const NAMES = ["mill wheel", "millstone", "mill race", "headrace gate", "water wheel"];
const SLOW_MS = 300;

const page = await createPage();

Deno.serve({ hostname: "127.0.0.1", port: 8_000 }, async ({ url }) => {
  const { pathname, searchParams } = new URL(url);
  const file = page(pathname);
  if (file !== undefined) return file;
  await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  if (pathname === "/api/search") {
    const query = searchParams.get("q") ?? "";
    const ids = NAMES.flatMap((name, id) => name.includes(query) ? [id] : []);
    return Response.json(ids);
  }
  const id = Number(/^\/api\/products\/(\d+)$/.exec(pathname)?.[1]);
  const name = NAMES[id];
  return name === undefined ? new Response(null, { status: 404 }) : Response.json({ id, name });
});
