// A trace that goes on in the headers of requests, from the run of a client to the runs of a server.

import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamingPipeline } from "@headrace/pipeline";
import { context, propagation } from "@opentelemetry/api";
import { test } from "./sdk.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const HEADERS = {
  traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`,
  tracestate: "vendor=1",
};

/** What a request of here carries. */
function outgoing(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

test("runs on both sides of a request are one trace", async (sdk, observe) => {
  const answers = StreamingPipeline.start<string>().map("answer", async (path) => {
    await new Promise((resolve) => setTimeout(resolve));
    return [path, outgoing()] as const;
  });
  const answer = async (path: string, headers: IncomingHttpHeaders) => {
    const observer = observe({ name: `run of ${path}`, parent: headers, itemShare: 0 });
    return JSON.stringify(await answers.executeToArray([path], { observer }));
  };
  const server = createServer((request, response) => {
    void answer(request.url!, request.headers).then((text) => response.end(text));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const received = await StreamingPipeline.start<string>()
    .map("ask", async (path) => {
      const headers = { ...outgoing(), connection: "close" };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return await response.json() as [[string, Record<string, string>]];
    }, { concurrencyLimit: 2 })
    .executeToArray(["/mill", "/race"], {
      observer: observe({ name: "client", parent: HEADERS, itemShare: 1 }),
    });
  server.close();
  await once(server, "close");

  const items = sdk.below(sdk.below(sdk.span("client"))[0]!);
  deepEqual(items.map(({ name }) => name), ["ask", "ask"]);
  for (const [index, [[path, headers]]] of received.entries()) {
    const run = sdk.span(`run of ${path}`);
    const parents = items.map((item) => item.spanContext().spanId);
    equal(run.spanContext().traceId, TRACE_ID);
    equal(run.parentSpanContext?.isRemote, true);
    equal(parents.indexOf(run.parentSpanContext!.spanId), index);
    const [stage] = sdk.below(run);
    deepEqual(headers, {
      traceparent: `00-${TRACE_ID}-${stage!.spanContext().spanId}-01`,
      tracestate: "vendor=1",
    });
  }
});
