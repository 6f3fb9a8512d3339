import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { FormatError } from "@headrace/formats/lines";
import { LineError } from "../line_error.ts";
import { type LogEntry, parseLine } from "../parse_line.ts";

const time = "2026-05-04T10:00:00.000Z";

function parse(text: string): LogEntry {
  return parseLine({ number: 7, text });
}

/** What a line says, where nothing else is in it. */
function entry(level: string, message: string, at: string | undefined = time, fields = "{}") {
  return { line: 7, ...(at !== "" && { time: at }), level, message, fields };
}

Deno.test("parseLine() reads plain text in the forms of the usual loggers", () => {
  const cases: Record<string, ReturnType<typeof entry>> = {
    // A time and a level
    [`${time} ERROR Gate 3: stuck`]: entry("error", "Gate 3: stuck"),
    [`${time} [error]: Gate 3: stuck`]: entry("error", "Gate 3: stuck"),
    [`[${time}] warning Gate 3`]: entry("warn", "Gate 3"),
    // log4j, logback
    "2026-05-04 10:00:00,123 [main] ERROR mills.Gate - Gate 3 - stuck": //
      entry("error", "Gate 3 - stuck", "2026-05-04 10:00:00,123"),
    "2026-05-04 10:00:00,123 FATAL [main] mills.Gate$Wheel - Gate 3": //
      entry("fatal", "[main] mills.Gate$Wheel - Gate 3", "2026-05-04 10:00:00,123"),
    "10:00:00.123 [http-1] WARN  m.Gate - Gate 3": entry("warn", "Gate 3", "10:00:00.123"),
    // Python
    "2026-05-04 10:00:00,123 - mills.gate - ERROR - Gate 3": //
      entry("error", "Gate 3", "2026-05-04 10:00:00,123"),
    "CRITICAL:root:Gate 3": entry("fatal", "Gate 3", ""),
    // winston
    "error: Gate 3": entry("error", "Gate 3", ""),
    // nginx
    "2026/05/04 10:00:00 [crit] 12#0: *3 open() failed, client: 192.0.2.1": //
      entry("fatal", "12#0: *3 open() failed, client: 192.0.2.1", "2026/05/04 10:00:00"),
    '192.0.2.1 - - [04/May/2026:10:00:00 +0000] "GET /a b HTTP/1.1" 502 12 "-" "curl"': //
      entry("error", "502 GET /a b HTTP/1.1", "04/May/2026:10:00:00 +0000"),
    '192.0.2.1 - - [04/May/2026:10:00:00 +0000] "GET /?q=\\" x HTTP/1.1" 503 12 "-" "a \\" 200 b"': //
      entry("error", '503 GET /?q=\\" x HTTP/1.1', "04/May/2026:10:00:00 +0000"),
    '192.0.2.1 - - [04/May/2026:10:00:00 +0000] "GET /\\\\" 502 12': //
      entry("error", "502 GET /\\\\", "04/May/2026:10:00:00 +0000"),
    '192.0.2.1 - - [04/May/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 12': //
      entry("warn", "404 GET / HTTP/1.1", "04/May/2026:10:00:00 +0000"),
    // Apache
    "[Mon May 04 10:00:00.123456 2026] [core:error] [pid 1:tid 2] AH00126: Invalid URI": //
      entry("error", "[pid 1:tid 2] AH00126: Invalid URI", "Mon May 04 10:00:00.123456 2026"),
    "[Mon May 04 10:00:00 2026] [crit] [client 192.0.2.1] denied": //
      entry("fatal", "[client 192.0.2.1] denied", "Mon May 04 10:00:00 2026"),
    "[Mon May 04 10:00:00 2026] [ssl:trace4] [pid 1] read": //
      entry("trace", "[pid 1] read", "Mon May 04 10:00:00 2026"),
    // syslog
    "<11>May  4 10:00:00 mill gate[12]: Gate 3": entry("error", "Gate 3", "May  4 10:00:00"),
    '<10>1 2026-05-04T10:00:00Z mill gate 12 ID47 [a@1 b="]"][c@1] \ufeffGate 3': //
      entry("fatal", "Gate 3", "2026-05-04T10:00:00Z"),
    "<14>1 2026-05-04T10:00:00Z mill gate - - - Gate 3": //
      entry("info", "Gate 3", "2026-05-04T10:00:00Z"),
    "May  4 10:00:00 mill gate[12]: error: Gate 3": //
      entry("error", "error: Gate 3", "May  4 10:00:00"),
    "2026-05-04T10:00:00.123456+02:00 mill gate: Gate 3 has an error": //
      entry("info", "Gate 3 has an error", "2026-05-04T10:00:00.123456+02:00"),
  };
  for (const [text, expected] of Object.entries(cases)) deepEqual(parse(text), expected, text);
});

Deno.test("parseLine() reads JSON of the usual loggers", () => {
  const cases: [Record<string, unknown>, ReturnType<typeof entry> & { trace?: string }][] = [
    [
      { time, level: "Error", message: "Gate", gate: 3 },
      entry("error", "Gate", time, '{"gate":3}'),
    ],
    // pino
    [
      {
        level: 50,
        time: 1_777_888_800_000,
        pid: 1,
        msg: "Gate",
        err: { type: "E", stack: "E: a\n  at b" },
      },
      {
        ...entry("error", "Gate", time, '{"pid":1,"err":{"type":"E","stack":"E: a\\n  at b"}}'),
        trace: "E: a\n  at b",
      },
    ],
    // winston
    [
      { level: "error", message: "Gate", timestamp: time, stack: "E\n  at b" },
      { ...entry("error", "Gate"), trace: "E\n  at b" },
    ],
    // zap
    [{ level: "dpanic", ts: 1_777_888_800, msg: "Gate" }, entry("fatal", "Gate")],
    // log4j, ECS
    [
      { instant: { epochSecond: 1_777_888_800 }, level: "WARN", message: "Gate" },
      entry("warn", "Gate"),
    ],
    [{ "@timestamp": time, "log.level": "ERROR", message: "Gate" }, entry("error", "Gate")],
    [{ "@timestamp": time, log: { level: "error" }, message: "Gate" }, entry("error", "Gate")],
  ];
  for (const [fields, expected] of cases) deepEqual(parse(JSON.stringify(fields)), expected);
});

Deno.test("parseLine() says what is wrong with a line, and nothing of what is in it", () => {
  const cases: Record<string, string> = {
    '{"password": "secret"': "NOT_JSON",
    '{"time":"secret","level":"info","message":"secret"}': "NO_TIME",
    '{"time":5,"level":"info","message":"secret"}': "NO_TIME",
    [`{"time":"${time}","level":7,"message":"secret"}`]: "NO_LEVEL",
    [`{"time":"${time}","level":"secret","message":"secret"}`]: "NO_LEVEL",
    [`{"time":"${time}","level":"info","message":{"secret":1}}`]: "NO_MESSAGE",
    "    at secret (app.js:1:1)": "NOT_AN_ENTRY",
    "secret ERROR no time": "NO_TIME",
    "2026-02-30T10:00:00Z ERROR secret": "NO_TIME",
    "<11>secret": "NO_TIME",
    "<11>1 2026-05-04T10:00:00Z secret": "NOT_AN_ENTRY",
    [`${time} secret`]: "NOT_AN_ENTRY",
    [`${time} this is an error`]: "NOT_AN_ENTRY",
    [`${time} ERROR`]: "NOT_AN_ENTRY",
    [`${time} ERRORsecret`]: "NOT_AN_ENTRY",
    '["secret"]': "NOT_AN_ENTRY",
    'secret [04/May/2026:10:00:00 +0000] "GET / HTTP/1.1': "NOT_AN_ENTRY",
    secret: "NOT_AN_ENTRY",
  };
  for (const [text, code] of Object.entries(cases)) {
    throws(() => parse(text), (error) => {
      ok(error instanceof LineError, text);
      equal(error.code, code, text);
      equal(error.cause, undefined);
      return !String(error.stack).includes("secret");
    }, text);
  }
  const details = { code: "LINE_TOO_LONG", format: "lines", record: 1 } as const;
  throws(() => parseLine(new FormatError("too long", details)), { code: "LINE_TOO_LONG" });
});

Deno.test("parseLine() takes what a container writes for an entry, whatever it is", () => {
  const cases: Record<string, string> = {
    "Gate 3 is stuck": "info",
    "panic: gate 3": "fatal",
    "ValueError: gate 3": "error",
    "error: gate 3": "error",
    '{"level":"warn","msg":"gate 3"}': "warn",
  };
  for (const [text, level] of Object.entries(cases)) {
    const { level: found, time: at } = parseLine({ number: 1, text, time });
    deepEqual([found, at], [level, time], text);
  }
});

Deno.test("parseLine() takes a message with spaces and line separators of any number", () => {
  const message = `${" ".repeat(200_000)}x\u2028y\rz`;
  deepEqual(parse(`${time} ERROR ${message}`).message, message.trim());
  throws(() => parse(`${time}${" ".repeat(200_000)}x`), { code: "NOT_AN_ENTRY" });
});

Deno.test("parseLine() looks at a character a few times at most, whatever is in the line", () => {
  // What a regular expression that goes back looks at again for each start: a line of them does not end.
  const pieces = [
    " ",
    "[",
    "]",
    "<",
    "(",
    ":",
    "- ",
    "a",
    "a.",
    "a:",
    '"',
    '\\"',
    "[a ",
    "1",
    "\t",
    "<1>",
  ];
  const heads = [
    "",
    `${time} `,
    `[${time}] `,
    `${time} ERROR `,
    "<11>",
    `<11>1 ${time} `,
    "May  4 10:00:00 ",
  ];
  for (const head of [...heads, `<11>1 ${time} a b c d [`, 'a [04/May/2026:10:00:00 +0000] "']) {
    for (const piece of pieces) {
      try {
        parse(head + piece.repeat(1_000_000 / piece.length));
      } catch (error) {
        ok(error instanceof LineError);
      }
    }
  }
});

Deno.test("parseLine() passes numbers on in their own text, also where they are not exact here", () => {
  const fields =
    '{"id":12345678901234567890,"list":[0.1000000000000000055,1E400,1.0,-0,7],"small":0.5}';
  const line = parse(`{"time":"${time}","level":"info","message":"m","fields":${fields}}`);
  equal(line.fields, `{"fields":${fields}}`);
});
