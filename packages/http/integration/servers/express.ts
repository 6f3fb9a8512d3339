import { type NodeResponse, writeResponse } from "@headrace/http/node";
import express from "express";
import type { AddressInfo } from "node:net";
import { handle } from "./handle.ts";

const app = express();
app.get("/{*path}", async (request: { url: string; method: string }, response: NodeResponse) => {
  await writeResponse(({ signal }) => handle(request, { signal }), response);
});
const server = app.listen(0, "127.0.0.1", () => {
  console.log(`PORT ${(server.address() as AddressInfo).port}`);
});
