import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { LineError, parseLine } from "../parse_line.ts";

const time = "2026-05-04T10:00:00.000Z";

function parse(text: string) {
  return parseLine({ number: 7, text, isTooLong: false });
}

Deno.test("parseLine() reads JSON and plain text", () => {
  const entry = { line: 7, time, level: "error", message: "Gate 3: stuck", fields: {} };
  deepEqual(parse(`${time} ERROR Gate 3: stuck`), entry);
  deepEqual(parse(`${time} [error]: Gate 3: stuck`), entry);
  deepEqual(parse(JSON.stringify({ time, level: "Error", message: "Gate 3: stuck", gate: 3 })), {
    ...entry,
    fields: { gate: 3 },
  });
});

Deno.test("parseLine() says what is wrong with a line, and nothing of what is in it", () => {
  const cases: Record<string, string> = {
    '{"password": "secret"': "NOT_JSON",
    '{"time":"secret","level":"info","message":"secret"}': "NO_TIME",
    '{"time":5,"level":"info","message":"secret"}': "NO_TIME",
    [`{"time":"${time}","level":50,"message":"secret"}`]: "NO_LEVEL",
    [`{"time":"${time}","level":"info","message":{"secret":1}}`]: "NO_MESSAGE",
    "    at secret (app.js:1:1)": "NOT_AN_ENTRY",
    "secret ERROR no time": "NO_TIME",
    '["secret"]': "NOT_AN_ENTRY",
  };
  for (const [text, code] of Object.entries(cases)) {
    throws(() => parse(text), (error) => {
      ok(error instanceof LineError);
      equal(error.code, code);
      equal(error.cause, undefined);
      return !String(error.stack).includes("secret");
    });
  }
  throws(() => parseLine({ number: 1, text: "", isTooLong: true }), { code: "LINE_TOO_LONG" });
});
