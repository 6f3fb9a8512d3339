import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { FormatError } from "@headrace/formats/lines";
import { LineError, parseLine } from "../parse_line.ts";

const time = "2026-05-04T10:00:00.000Z";

function parse(text: string) {
  return parseLine({ number: 7, text });
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
    "2026-02-30T10:00:00Z ERROR secret": "NO_TIME",
    "2026-05-04T10:00:00 ERROR secret": "NO_TIME",
    [`${time} secret`]: "NOT_AN_ENTRY",
    [`${time} ERROR`]: "NOT_AN_ENTRY",
    [`${time} ERRORsecret`]: "NOT_AN_ENTRY",
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
  const details = { code: "LINE_TOO_LONG", format: "lines", record: 1 } as const;
  throws(() => parseLine(new FormatError("too long", details)), { code: "LINE_TOO_LONG" });
});

Deno.test("parseLine() takes a message with spaces and line separators of any number", () => {
  const message = `${" ".repeat(200_000)}x\u2028y\rz`;
  deepEqual(parse(`${time} ERROR ${message}`).message, message.trim());
  throws(() => parse(`${time}${" ".repeat(200_000)}x`), { code: "NOT_AN_ENTRY" });
});

Deno.test("parseLine() passes numbers on in their own text, also where they are not exact here", () => {
  const fields =
    '{"id":12345678901234567890,"list":[0.1000000000000000055,1E400,1.0,-0,7],"small":0.5}';
  const line = parse(`{"time":"${time}","level":"info","message":"m","fields":${fields}}`);
  equal(JSON.stringify(line.fields), `{"fields":${fields}}`);
});
