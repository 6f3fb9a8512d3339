import { deepEqual, equal, match, ok } from "node:assert/strict";
import { HttpEmbedder } from "@headrace/documents";
import { writeText } from "./helpers/documents.ts";
import { type Answer, answerWell, Endpoint } from "documents-tests/endpoint.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { countStored, embed, QUICK_CALLS, RecordingEmbedder } from "./helpers/run.ts";

/** Without a counter of tokens, each character may be one. */
const MAX_CALL_CHARS = 100_000;

function embedderAt(endpoint: Endpoint): HttpEmbedder {
  const url = new URL(`${endpoint.url}/embeddings`);
  return new HttpEmbedder({ url, model: "tiny", apiKey: "" });
}

const refusing = (status: number): Answer => (request) =>
  request.input.some((text) => text.includes("POISON"))
    ? new Response("too long", { status })
    : answerWell(request);

async function createPages(poison = "POISON"): Promise<TestFolder> {
  const folder = await TestFolder.create();
  for (let page = 0; page < 60; page++) {
    await folder.write(`p${page}.md`, page === 7 ? poison : `Page ${page} of the mill.`);
  }
  return folder;
}

for (const status of [400, 413, 422]) {
  Deno.test(`HTTP ${status} for one text loses that text only, and names it`, async () => {
    await using folder = await createPages();
    await using endpoint = await Endpoint.create(refusing(status));
    const { failedFiles } = await embed(folder, embedderAt(endpoint));
    deepEqual(failedFiles, {
      "p7.md":
        `The embedding endpoint answered HTTP ${status}, for chunk 1 (6 characters): too long`,
    });
    equal(countStored(folder, "tiny").documents, 59);
  });
}

Deno.test("a refused text is not sent again until it changes", async () => {
  await using folder = await createPages();
  await using endpoint = await Endpoint.create(refusing(400));
  const embedder = embedderAt(endpoint);
  await embed(folder, embedder);
  const sent = endpoint.requests.length;
  const { failedFiles } = await embed(folder, embedder);
  equal(endpoint.requests.length, sent);
  match(failedFiles["p7.md"] ?? "", /HTTP 400, for chunk 1 .*not sent again until it changes$/);
  await folder.write("p7.md", "A good page.");
  deepEqual((await embed(folder, embedder)).failedFiles, {});
  deepEqual(endpoint.requests.slice(sent).map(({ input }) => input), [["A good page."]]);
});

Deno.test("a text that is refused alone in a run is remembered, too", async () => {
  await using folder = await createPages("Page 7 of the mill.");
  await using endpoint = await Endpoint.create(refusing(400));
  const embedder = embedderAt(endpoint);
  await embed(folder, embedder);
  await folder.write("new.md", "POISON");
  deepEqual(Object.keys((await embed(folder, embedder)).failedFiles), ["new.md"]);
  const sent = endpoint.requests.length;
  await embed(folder, embedder);
  equal(endpoint.requests.length, sent);
});

Deno.test(
  "the other chunks of a refused one's file are found, and not paid for again",
  async () => {
    const text = `${writeText(1, 40_000)}\n\n${"POISON ".repeat(100)}\n\n${writeText(2, 40_000)}`;
    await using folder = await TestFolder.create({ "long.md": text });
    await using endpoint = await Endpoint.create(refusing(400));
    const embedder = embedderAt(endpoint);
    const { failedFiles } = await embed(folder, embedder);
    deepEqual(Object.keys(failedFiles), ["long.md"]);
    const { chunks } = countStored(folder, "tiny");
    ok(chunks > 40);
    const sent = endpoint.requests.length;
    await embed(folder, embedder);
    equal(endpoint.requests.length, sent);
    equal(countStored(folder, "tiny").chunks, chunks);
  },
);

Deno.test(
  "an endpoint that refuses every text is given up, and no text is held against",
  async () => {
    await using folder = await createPages();
    let isWrong = true;
    await using endpoint = await Endpoint.create((request) =>
      isWrong ? new Response("bad model", { status: 400 }) : answerWell(request)
    );
    const { failedFiles } = await embed(folder, embedderAt(endpoint));
    equal(Object.keys(failedFiles).length, 60);
    ok(endpoint.requests.length < 20);
    isWrong = false;
    deepEqual((await embed(folder, embedderAt(endpoint))).failedFiles, {});
  },
);

Deno.test(
  "a call is no longer than an endpoint takes, and no part of it is asked for again",
  async () => {
    await using folder = await TestFolder.create();
    for (let page = 0; page < 45; page++) {
      // Few tokens, and many characters.
      const rules = `${"=".repeat(64)}\n`.repeat(100);
      await folder.write(`${page}.md`, `Page ${page}.\n\n\`\`\`\n${rules}\`\`\`\n`);
    }
    await using endpoint = await Endpoint.create((request, number) =>
      number === 2 ? new Response("busy", { status: 503 }) : answerWell(request)
    );
    deepEqual((await embed(folder, embedderAt(endpoint))).failedFiles, {});
    const [first, failed, again, ...others] = endpoint.requests.map(({ input }) => input);
    ok([first, again, ...others].every((input = []) => input.join("").length <= MAX_CALL_CHARS));
    ok(others.length > 0);
    deepEqual(again, failed);
    const sent = [first, again, ...others].flat();
    equal(new Set(sent).size, sent.length);
  },
);

Deno.test("a vector that cannot be compared fails its text only", async () => {
  for (const wrong of [[0, 0, 0], [1e300, 1, 1], []]) {
    await using folder = await createPages();
    await using endpoint = await Endpoint.create(({ input }) =>
      Response.json({
        data: input.map((text, index) => ({
          index,
          embedding: text === "POISON" ? wrong : [1, text.length, 2],
        })),
      })
    );
    const { failedFiles } = await embed(folder, embedderAt(endpoint));
    deepEqual(Object.keys(failedFiles), ["p7.md"]);
    equal(countStored(folder, "tiny").documents, 59);
  }
});

Deno.test("an answer that cannot be read loses no more texts than it must", async () => {
  const whole = async (request: Parameters<Answer>[0]) => await answerWell(request).text();
  const answers: Record<string, Answer> = {
    // As programs in Python write what is not a number.
    "NaN": async (request) =>
      new Response(
        request.input.includes("POISON")
          ? (await whole(request)).replace(/\[[\d.-]+,/, "[NaN,")
          : await whole(request),
      ),
    "a page": (request) =>
      request.input.includes("POISON") ? new Response("<html>") : answerWell(request),
  };
  for (const [what, answer] of Object.entries(answers)) {
    await using folder = await createPages();
    await using endpoint = await Endpoint.create(answer);
    const { failedFiles } = await embed(folder, embedderAt(endpoint));
    deepEqual(failedFiles, {
      "p7.md": "The embedding endpoint's answer is not JSON, for chunk 1 (6 characters)",
    }, what);
    equal(countStored(folder, "tiny").documents, 59);
  }
  // Because of the size of the call.
  await using folder = await createPages();
  await using endpoint = await Endpoint.create(async (request) => {
    const text = await whole(request);
    return new Response(request.input.length > 7 ? text.slice(0, -9) : text);
  });
  deepEqual((await embed(folder, embedderAt(endpoint))).failedFiles, {});
  // A page for every text is no fault of a text.
  await using other = await createPages();
  await using down = await Endpoint.create((request, number) =>
    number === 1 ? answerWell(request) : new Response("<html>")
  );
  equal(Object.keys((await embed(other, embedderAt(down))).failedFiles).length, 10);
  deepEqual((await embed(other, embedderAt(endpoint))).failedFiles, {});
});

Deno.test(
  "an embedder whose answers are too few or not finite loses no more than it must",
  async () => {
    for (const bad of ["few", "NaN"]) {
      await using folder = await createPages();
      const embedder = new RecordingEmbedder();
      const inner = embedder.embed.bind(embedder);
      embedder.embed = async (texts) => {
        const vectors = await inner(texts);
        if (!texts.includes("POISON")) return vectors;
        return bad === "few" ? vectors.slice(1) : vectors.map(() => Float32Array.of(NaN));
      };
      deepEqual(Object.keys((await embed(folder, embedder)).failedFiles), ["p7.md"]);
      equal(countStored(folder).documents, 59);
    }
  },
);

Deno.test("calls run side by side up to the limit, and all is stored", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 300_000) });
  const embedder = new RecordingEmbedder();
  const inner = embedder.embed.bind(embedder);
  const threeAtOnce = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  embedder.embed = async (texts) => {
    most = Math.max(most, ++running);
    if (running === 3) threeAtOnce.resolve();
    await threeAtOnce.promise;
    const vectors = await inner(texts);
    running--;
    return vectors;
  };
  const calls = { ...QUICK_CALLS, concurrencyLimit: 3 };
  const { failedFiles, counts } = await embed(folder, embedder, { calls });
  deepEqual(failedFiles, {});
  equal(most, 3);
  deepEqual(countStored(folder), { documents: 1, chunks: counts.chunks });
  equal((await embed(folder, new RecordingEmbedder())).counts.unchanged, 1);
});
