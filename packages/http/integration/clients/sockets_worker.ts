import { talk } from "./sockets.ts";

const worker: { fetch(request: Request): Promise<Response> } = {
  fetch: async (request) => {
    const { searchParams } = new URL(request.url);
    const [broken, taking, stalling] = ["broken", "taking", "stalling"].map((name) =>
      searchParams.get(name)!
    ) as [string, string, string];
    return Response.json(await talk({ broken, taking, stalling }));
  },
};
export default worker;
