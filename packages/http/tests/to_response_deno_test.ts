import { toResponse } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { until } from "@headrace/pipeline/testing";
import { Live } from "./support/live.ts";

test("Deno.serve logs no failure when a client leaves an answer that has the request", async () => {
  const failures: unknown[] = [];
  const live = new Live();
  const events = StreamingPipeline.start<unknown>().map("event", (item) => ({ data: `${item}` }));
  const onError = (error: unknown) => {
    failures.push(error);
    return new Response(null, { status: 500 });
  };
  const options = { port: 0, hostname: "127.0.0.1", onListen() {}, onError };
  const server = Deno.serve(options, (request) => {
    return toResponse(events, live, { as: "sse", request });
  });
  const client = new AbortController();
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { body } = await fetch(url, { signal: client.signal });
  const left = body!.getReader().read().catch(() => "left");
  await until("it is read", () => live.asked === 1);
  client.abort();
  assertEquals(await left, "left");
  await until("it is closed", () => live.closed === 1);
  await server.shutdown();
  assertEquals(failures, []);
});
