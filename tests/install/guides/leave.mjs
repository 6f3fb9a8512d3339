// What docs/node.md says of clients that leave: each way to send an answer closes the run. A call
// hangs until its signal is aborted, or items come slowly where the guide says that one is needed.

import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { StreamingPipeline } from "@headrace/pipeline";

const HOST = "127.0.0.1";
const FIRST = "0\n";
const encoder = new TextEncoder();

/** A run, and the promise that its source is closed. */
function start(load) {
  let close;
  const isClosed = new Promise((resolve) => close = resolve);
  function* ids() {
    try {
      for (let id = 0;; id++) yield id;
    } finally {
      close();
    }
  }
  const lines = StreamingPipeline.start()
    .map("line", (id, _index, { signal }) => id === 0 ? FIRST : load(signal));
  const bytes = lines.map("bytes", (line) => encoder.encode(line));
  return {
    isClosed,
    execute: () => lines.execute(ids()),
    toReadableStream: () => bytes.toReadableStream(ids()),
  };
}

function hang(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
}
const wait = () => new Promise((resolve) => setTimeout(resolve, 10, "later\n"));
const ignore = () => {};

/** Each starts a server that answers with a run; it resolves with its port and with what ends it. */
async function ofNode(handle) {
  const server = createServer((_, response) => void handle(response)).listen(
    0,
    HOST,
  );
  await once(server, "listening");
  return {
    port: server.address().port,
    end: () => server.closeAllConnections() ?? server.close(),
  };
}
async function ofExpress(handle) {
  const app = express().get("/", (_, response) => void handle(response));
  return await ofNode((response) => app(response.req, response));
}
async function ofFastify(handle) {
  const app = fastify();
  app.get("/", (_, reply) => handle(reply));
  await app.listen({ port: 0, host: HOST });
  const { server } = app;
  return {
    port: server.address().port,
    end: () => server.closeAllConnections() ?? app.close(),
  };
}
async function ofHono(handle) {
  const app = new Hono();
  app.get("/", handle);
  const server = serve({ fetch: app.fetch, port: 0, hostname: HOST });
  await once(server, "listening");
  return {
    port: server.address().port,
    end: () => server.closeAllConnections() ?? server.close(),
  };
}

const sendReadable = (run) => (response) => {
  return pipeline(Readable.from(run.execute()), response).catch(ignore);
};
const ways = {
  "node:http, Readable.from": [hang, ofNode, sendReadable],
  "node:http, the run itself": [wait, ofNode, (run) => (response) => {
    return pipeline(run.execute(), response).catch(ignore);
  }],
  "express, Readable.from": [hang, ofExpress, sendReadable],
  "fastify, Readable.from": [hang, ofFastify, (run) => (reply) => {
    return reply.send(Readable.from(run.execute()));
  }],
  "fastify, a web stream": [
    hang,
    ofFastify,
    (run) => (reply) => reply.send(run.toReadableStream()),
  ],
  "hono, a web stream": [
    hang,
    ofHono,
    (run) => () => new Response(run.toReadableStream()),
  ],
};

for (const [name, [load, open, handle]] of Object.entries(ways)) {
  const run = start(load);
  const { port, end } = await open(handle(run));
  const leaving = new AbortController();
  const { body } = await fetch(`http://${HOST}:${port}/`, {
    signal: leaving.signal,
  });
  const { value } = await body.getReader().read();
  if (!new TextDecoder().decode(value).startsWith(FIRST)) {
    throw new Error(`${name} sent ${value}`);
  }
  leaving.abort();
  await run.isClosed;
  console.log(`${name}: closed`);
  end();
}
console.log("all is well");
