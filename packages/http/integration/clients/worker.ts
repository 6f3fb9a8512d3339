import { ask } from "./ask.ts";

const worker: { fetch(request: Request): Promise<Response> } = {
  fetch: async (request) => {
    return Response.json(await ask(new URL(request.url).searchParams.get("base")!));
  },
};
export default worker;
