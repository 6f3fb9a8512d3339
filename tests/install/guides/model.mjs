// A service that answers as models do: server-sent events, in chunks that end anywhere.

const ANSWER = 'data: {"text":"A mill"}\n\ndata: {"text":" race"}\n\ndata: [DONE]\n\n';
const CHUNK_BYTES = 7;

export default {
  async fetch(request) {
    await request.body?.pipeTo(new WritableStream());
    const bytes = new TextEncoder().encode(ANSWER);
    let from = 0;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(bytes.slice(from, from += CHUNK_BYTES));
        if (from >= bytes.length) controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
};
