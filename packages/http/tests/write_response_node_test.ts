import { toResponse } from "@headrace/http";
import {
  type AnsweredRequest,
  type NodeResponse,
  writeResponse,
  type WriteResult,
} from "@headrace/http/node";
import { assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "../../../tests/harness.ts";

/** Asks a server that answers so; gives what came, and how the answer ended on the other side. */
async function ask(
  answer: (response: ServerResponse) => Promise<WriteResult>,
  method = "GET",
): Promise<{ answer: IncomingMessage; text: string; error?: unknown; result: WriteResult }> {
  let result: Promise<WriteResult> | undefined;
  const server = createServer((_request, response) => void (result = answer(response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const asked = request({ port, host: "127.0.0.1", method, agent: false }).end();
    const [answered] = await once(asked, "response") as [IncomingMessage];
    let text = "";
    let error: unknown;
    try {
      for await (const chunk of answered.setEncoding("utf8")) text += chunk;
    } catch (thrown) {
      error = thrown;
    }
    return { answer: answered, text, error, result: await result! };
  } finally {
    server.close();
    await once(server, "close");
  }
}

test("writeResponse() sends status, headers, each cookie and the body", async () => {
  const response = new Response("mill", { status: 201, headers: { "x-own": "1" } });
  response.headers.append("set-cookie", "a=1");
  response.headers.append("set-cookie", "b=2");
  const { answer, text, result } = await ask((target) => writeResponse(response, target));
  assertEquals([answer.statusCode, answer.headers["x-own"], text, result], [
    201,
    "1",
    "mill",
    "sent",
  ]);
  assertEquals(answer.headers["set-cookie"], ["a=1", "b=2"]);
});

test("writeResponse() sends no body to HEAD or with 304, and runs nothing for it", async () => {
  for (const [method, status] of [["HEAD", 200], ["GET", 304]] as const) {
    let count = 0;
    const endless = (function* () {
      for (;;) yield count++;
    })();
    const response = await toResponse(endless, { as: "ndjson", headWaitMs: false });
    // Bun makes such an answer with a body; elsewhere its constructor refuses it.
    Object.defineProperty(response, "status", { value: status });
    const { answer, text, result } = await ask((target) => writeResponse(response, target), method);
    assertEquals([answer.statusCode, answer.headers["content-type"], text, result, count], [
      ...[status, "application/x-ndjson", "", "sent", 0],
    ]);
  }
});

test("writeResponse() breaks off where the body fails, after what came before", async () => {
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode("half"));
      else controller.error(new Error("broken"));
    },
  }, { highWaterMark: 0 });
  const { text, error, result } = await ask((target) => writeResponse(new Response(body), target));
  assertEquals([text, error !== undefined, result], ["half", true, "failed"]);
});

test("writeResponse() sends the head before there is anything to send after it", async () => {
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      end = () => controller.close();
    },
  });
  let onHead = () => {};
  const head = new Promise<void>((resolve) => onHead = resolve);
  const server = createServer((_request, response) =>
    void writeResponse(new Response(body), response)
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, host: "127.0.0.1", agent: false }, (answer) => {
    answer.resume();
    onHead();
  }).end();
  await head;
  end();
  await once(asked, "close");
  server.close();
  await once(server, "close");
});

test("writeResponse() calls a function with what toResponse() takes as its request", async () => {
  for (const [method, text] of [["GET", "1\n"], ["HEAD", ""]] as const) {
    let count = 0;
    const ids = (function* () {
      for (let id = 1; id < 2; id++) {
        count++;
        yield id;
      }
    })();
    const answered = await ask(
      (target) => writeResponse((request) => toResponse(ids, { as: "ndjson", request }), target),
      method,
    );
    assertEquals([answered.answer.statusCode, answered.text, answered.result, count], [
      ...[200, text, "sent", method === "GET" ? 1 : 0],
    ]);
  }
});

test("writeResponse() aborts the signal of its function when the client leaves before the answer", async () => {
  for (const rejects of [false, true]) {
    let onAsked: (request: AnsweredRequest) => void = () => {};
    const asked = new Promise<AnsweredRequest>((resolve) => onAsked = resolve);
    let result: Promise<WriteResult> | undefined;
    const server = createServer((_request, response) => {
      result = writeResponse((request) => {
        onAsked(request);
        return new Promise((resolve, reject) => {
          request.signal.addEventListener("abort", () => {
            if (rejects) reject(request.signal.reason);
            else resolve(new Response("mill"));
          });
        });
      }, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = request({ port, host: "127.0.0.1", agent: false }).end();
    client.on("error", () => {});
    const { method, signal } = await asked;
    assertEquals([method, signal.aborted], ["GET", false]);
    client.destroy();
    assertEquals([await result!, signal.aborted], ["left", true]);
    server.close();
    await once(server, "close");
  }
});

test("writeResponse() notices a client that leaves while another answer on its connection comes first", async () => {
  const results: Promise<WriteResult>[] = [];
  const closings: Promise<void>[] = [];
  const closed: number[] = [];
  let onAsked = () => {};
  const asked = new Promise<void>((resolve) => onAsked = resolve);
  const server = createServer((_request, response) => {
    const at = results.length;
    const items = (function* () {
      try {
        for (;;) yield "x".repeat(1_000);
      } finally {
        closed.push(at);
      }
    })();
    const waitUntil = (closing: Promise<void>) => closings.push(closing);
    const answer = (request: AnsweredRequest) =>
      toResponse(items, { as: "text", request, waitUntil });
    results.push(writeResponse(answer, response));
    if (results.length === 3) onAsked();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
  await asked;
  client.destroy();
  assertEquals(await Promise.all(results), ["left", "left", "left"]);
  await Promise.all(closings);
  assertEquals(closed.sort(), [0, 1, 2]);
  server.close();
  await once(server, "close");
});

test("writeResponse() rejects with what its function throws, and has sent nothing", async () => {
  const { answer, text } = await ask(async (target) => {
    const refuse = () => {
      throw new Error("no answer");
    };
    await assertRejects(() => writeResponse(refuse, target), Error, "no answer");
    assertEquals(target.headersSent, false);
    return await writeResponse(new Response("sorry", { status: 500 }), target);
  });
  assertEquals([answer.statusCode, text], [500, "sorry"]);
});

test("writeResponse() rejects where the server refuses the head, and cancels the body", async () => {
  const cancelled: unknown[] = [];
  let refusal: unknown;
  const server = createServer((_request, target) => {
    const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    const response = new Response(body);
    // As that of Response.error().
    Object.defineProperty(response, "status", { value: 0 });
    void writeResponse(response, target).catch((error) => {
      refusal = error;
      target.writeHead(500).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const asked = request({ port, host: "127.0.0.1", agent: false }).end();
    const [answered] = await once(asked, "response") as [IncomingMessage];
    answered.resume();
    await once(answered, "end");
    assertEquals([answered.statusCode, cancelled.length], [500, 1]);
    assertEquals(refusal instanceof Error, true);
  } finally {
    server.close();
    await once(server, "close");
  }
});

test("writeResponse() leaves no listener behind", async () => {
  const counts: number[] = [];
  await ask(async (target) => {
    const listeners = () =>
      ["close", "drain", "error"].reduce((sum, name) => sum + target.listenerCount(name), 0);
    counts.push(listeners());
    const result = await writeResponse(new Response("mill"), target);
    counts.push(listeners());
    return result;
  });
  assertEquals(counts[1]! <= counts[0]!, true, String(counts));
});

test("writeResponse() refuses what cannot be sent", async () => {
  await assertRejects(
    () => writeResponse(new Response(""), {} as NodeResponse),
    TypeError,
    "Cannot call writeResponse(): target must be a response of a server of Node, got an object",
  );
  const { result } = await ask(async (target) => {
    target.writeHead(200);
    await assertRejects(
      () => writeResponse(new Response(""), target),
      TypeError,
      "target must be a response whose head was not sent yet",
    );
    target.end();
    return "sent";
  });
  assertEquals(result, "sent");
  await ask(async (target) => {
    await assertRejects(
      () => writeResponse(toResponse([], { as: "ndjson" }) as never, target),
      TypeError,
      "response must be an answer, or a function that makes one: (request) => toResponse(…, { request }), got an object",
    );
    return await writeResponse(new Response(""), target);
  });
  const read = new Response("mill");
  await read.text();
  await ask(async (target) => {
    await assertRejects(
      () => writeResponse(read, target),
      TypeError,
      "an answer whose body was not read",
    );
    return await writeResponse(new Response(""), target);
  });
});
