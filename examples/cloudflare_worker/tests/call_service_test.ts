import { deepEqual, equal } from "node:assert/strict";
import { createCalls } from "../call_service.ts";
import { chooseFormat } from "../format.ts";
import { readEntry } from "../read_entry.ts";

// Each of them changes when it is parsed and written again.
const TEXTS = [
  "12345678901234567890",
  '{"id":12345678901234567890,"tweet":1050118621198921728}',
  '{"b":1,"a":2,"2":3,"1":4}',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  "[1.0,1e2,-0,1E400,0.1000000000000000055511151231257827]",
  '"\\u00e9\\/"',
  '{ "a" : [ 1 , 2 ] }',
];

async function call(texts: readonly string[], answer: (body: string) => BodyInit) {
  let sent = "";
  const fetcher = {
    async fetch(request: Request) {
      sent = await request.text();
      return new Response(answer(sent));
    },
  };
  const bounds = { token: undefined, timeoutMs: 60_000, attempts: 1, maxAnswerBytes: 10_000 };
  const callService = createCalls({ fetcher, url: "https://service/", ...bounds });
  const entries = texts.map((text, index) => readEntry({ line: index + 1, text }));
  const answers = await callService(entries, new AbortController().signal);
  return { sent, answers };
}

// A timer that runs while Deno 2.9 loads what its requests are made of is taken for one that is left.
await call(["1"], () => "[1]");

Deno.test("records and results are passed on as they came", async () => {
  const { sent, answers } = await call(TEXTS, (body) => body);
  equal(sent, `[${TEXTS.join(",")}]`);
  const written = answers.map(chooseFormat(null).write).join("");
  equal(written, TEXTS.map((text, index) => `{"line":${index + 1},"result":${text}}\n`).join(""));
});

Deno.test("a line that is not JSON by itself is not sent, whatever it would be between others", async () => {
  const { sent, answers } = await call(["1,2", "3", "[4],[5", ""], () => "[6]");
  equal(sent, "[3]");
  const codes = answers.map((answer) => "error" in answer ? answer.error.code : answer.resultJson);
  deepEqual(codes, ["INVALID_JSON", "6", "INVALID_JSON", "INVALID_JSON"]);
});

Deno.test("an answer that is not UTF-8 is a bad one", async () => {
  const { answers } = await call(["1"], () => Uint8Array.of(0x5b, 0x22, 0xfc, 0x22, 0x5d));
  deepEqual(answers, [{
    line: 1,
    error: { code: "BAD_ANSWER", message: "The service must answer with JSON" },
  }]);
});

Deno.test("a refusal is known by its status also where its body breaks off", async () => {
  let calls = 0;
  const fetcher = {
    fetch: () => {
      const body = new ReadableStream({
        start: (controller) => controller.error(new Error("off")),
      });
      return Promise.resolve(
        ++calls === 1 ? new Response(body, { status: 503 }) : new Response("[1]"),
      );
    },
  };
  const bounds = { token: undefined, timeoutMs: 60_000, attempts: 2, maxAnswerBytes: 10_000 };
  const callService = createCalls({ fetcher, url: "https://service/", ...bounds });
  const answers = await callService(
    [readEntry({ line: 1, text: "1" })],
    new AbortController().signal,
  );
  deepEqual(answers, [{ line: 1, resultJson: "1" }]);
});
