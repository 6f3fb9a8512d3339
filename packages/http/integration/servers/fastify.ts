import { writeResponse } from "@headrace/http/node";
import { fastify } from "fastify";
import { handle } from "./handle.ts";

const app = fastify();
app.get("/*", async (request, reply) => {
  // From here on the answer is written without Fastify.
  reply.hijack();
  await writeResponse(({ signal }) => handle(request, { signal }), reply.raw);
});
const address = await app.listen({ port: 0, host: "127.0.0.1" });
console.log(`PORT ${new URL(address).port}`);
