import { writeResponse } from "@headrace/http/node";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { handle } from "./handle.ts";

const server = createServer((request, response) => {
  const asked = { url: request.url!, method: request.method! };
  void writeResponse(({ signal }) => handle(asked, { signal }), response);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`PORT ${(server.address() as AddressInfo).port}`);
});
