import { equal } from "node:assert/strict";
import { chooseFormat } from "../format.ts";

Deno.test("chooseFormat() gives server-sent events to those who accept them by name", () => {
  const events = [
    "text/event-stream",
    "text/html, Text/Event-Stream;q=0.5",
    "text/event-stream;q=1",
  ];
  const others = [null, "", "*/*", "text/*", "application/x-ndjson", "text/event-stream;q=0, */*"];

  for (const accept of events) {
    equal(chooseFormat(accept).contentType, "text/event-stream; charset=utf-8", accept);
  }
  for (const accept of others) {
    equal(chooseFormat(accept).contentType, "application/x-ndjson; charset=utf-8", `${accept}`);
  }
});

Deno.test("chooseFormat() ends each answer, and keeps it on one line", () => {
  const answer = { line: 1, resultJson: '{"a":"two\\nlines",\r\n"b":1\n}' };
  const written = '{"line":1,"result":{"a":"two\\nlines",  "b":1 }}';

  equal(chooseFormat(null).write(answer), `${written}\n`);
  equal(
    chooseFormat("text/event-stream").write(answer),
    `event: result\nid: 1\ndata: ${written}\n\n`,
  );
});
