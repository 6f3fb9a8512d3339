import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { openDatabase } from "@headrace/sqlite";
import { postTo } from "../send.ts";
import { Endpoint } from "./helpers/endpoint.ts";
import { Follower, messagesOf } from "./helpers/follower.ts";
import { lineOf, LogFile } from "./helpers/log_file.ts";

Deno.test("errors go out together as soon as there are enough, each with what was before it", async () => {
  await using log = await LogFile.create();
  await using follower = new Follower(log);
  const levels = ["info", "debug", "warn", "info", "error", "info", "fatal", "error"];
  for (const [index, level] of levels.entries()) await log.append(lineOf(index + 1, level));

  const { errors, ...origin } = await follower.alerts.take();
  deepEqual(origin, { id: origin.id, host: "here", file: log.path });
  deepEqual(errors.map(({ line, level, message, fields }) => ({ line, level, message, fields })), [
    { line: 5, level: "error", message: "message 5", fields: {} },
    { line: 7, level: "fatal", message: "message 7", fields: {} },
  ]);
  deepEqual(errors[0]?.before, [
    "2026-05-04T00:00:02.000Z debug message 2",
    "2026-05-04T00:00:03.000Z warn message 3",
    "2026-05-04T00:00:04.000Z info message 4",
  ]);

  // The one that is left goes out when the follower is stopped.
  deepEqual(await follower.stop(), {
    lines: 8,
    badLines: 0,
    errors: 3,
    alerts: 2,
    undelivered: 0,
    unsent: 0,
  });
  deepEqual(messagesOf(await follower.alerts.take()), ["message 8"]);
});

Deno.test("a log that is left is read no further, and what has been read goes out", async () => {
  await using log = await LogFile.create();
  const leave = new AbortController();
  const follower = new Follower(log, { size: 2, leave: leave.signal });
  await log.append(lineOf(1, "error") + lineOf(2, "error") + lineOf(3, "error"));
  deepEqual(messagesOf(await follower.alerts.take()), ["message 1", "message 2"]);

  leave.abort();
  await log.append(lineOf(4, "error"));

  const { errors, alerts, undelivered, unsent } = await follower.totals;
  deepEqual({ errors, alerts, undelivered, unsent }, {
    errors: 3,
    alerts: 2,
    undelivered: 0,
    unsent: 0,
  });
  deepEqual(messagesOf(await follower.alerts.take()), ["message 3"]);
});

Deno.test("a log that is given up is closed before that is said", async () => {
  await using log = await LogFile.create(lineOf(1, "error"));
  for (let turns = 0; turns < 40; turns++) {
    const giveUp = new AbortController();
    const follower = new Follower(log, { signal: giveUp.signal });
    const rejected = rejects(follower.totals, /enough/);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    giveUp.abort(new Error("enough"));
    await rejected;
    equal(await log.countOpen(), 0, `given up after ${turns} turns`);
  }
});

Deno.test("a log that is left aborts what could not be sent in time, and says so", async () => {
  await using log = await LogFile.create(lineOf(1, "error"));
  const leave = new AbortController();
  const sending = Promise.withResolvers<void>();
  const reasons: unknown[] = [];
  const follower = new Follower(log, {
    size: 1,
    leave: leave.signal,
    leaveMs: 0,
    send: (_alert, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason.name);
          reject(signal.reason);
        });
        sending.resolve();
      }),
  });
  await sending.promise;

  leave.abort();

  const { alerts, undelivered, unsent } = await follower.totals;
  deepEqual({ alerts, undelivered, unsent, reasons }, {
    alerts: 0,
    undelivered: 0,
    unsent: 1,
    reasons: ["AbortError"],
  });
});

Deno.test("an error goes out when its time is over, also where the log falls silent", async () => {
  await using log = await LogFile.create();
  await using follower = new Follower(log, { size: 100, maxWaitMs: 1 });
  for (const number of [1, 2, 3]) {
    await log.append(lineOf(number, "error"));
    deepEqual(messagesOf(await follower.alerts.take()), [`message ${number}`]);
  }
  equal((await follower.stop()).alerts, 3);
});

Deno.test("a line that is written in pieces is one line", async () => {
  await using log = await LogFile.create();
  await using follower = new Follower(log, { size: 1 });
  await log.append(lineOf(1, "error") + lineOf(2, "error").slice(0, 10));
  deepEqual(messagesOf(await follower.alerts.take()), ["message 1"]);
  await log.append(lineOf(2, "error").slice(10));
  deepEqual(messagesOf(await follower.alerts.take()), ["message 2"]);
  equal((await follower.stop()).badLines, 0);
});

Deno.test("bad lines are counted and reported by number, and hold up nothing", async () => {
  await using log = await LogFile.create("{ secret\n" + lineOf(2, "error") + "secret\n");
  await using follower = new Follower(log, { size: 1 });
  deepEqual(messagesOf(await follower.alerts.take()), ["message 2"]);
  equal(await follower.badLines.take(), "1 NOT_JSON");
  equal(await follower.badLines.take(), "3 NOT_AN_ENTRY");
  await log.append("x".repeat(1_000_001) + "\n" + lineOf(5, "error"));
  equal(await follower.badLines.take(), "4 LINE_TOO_LONG");
  deepEqual(messagesOf(await follower.alerts.take()), ["message 5"]);
  const { lines, badLines } = await follower.stop();
  deepEqual([lines, badLines], [5, 3]);
});

Deno.test("an alert has no more than four million characters, however many errors it may have", async () => {
  await using log = await LogFile.create();
  for (let number = 1; number <= 9; number++) {
    await log.append(lineOf(number, "error").replace(`message ${number}`, "x".repeat(900_000)));
  }
  await using follower = new Follower(log, { size: 100 });
  equal((await follower.stop()).errors, 9);
  const sizes = follower.alerts.rest.map(({ errors }) => errors.length);
  deepEqual(sizes, [4, 4, 1]);
});

Deno.test("no error is lost, and none comes twice, when the log changes files or is cut short", async () => {
  await using log = await LogFile.create();
  await using follower = new Follower(log, { size: 1 });
  const expect = async (line: number, message: string) => {
    const { errors: [error] } = await follower.alerts.take();
    deepEqual([error?.line, error?.message], [line, message]);
  };
  await log.append(lineOf(1, "error") + lineOf(2, "error"));
  await expect(1, "message 1");
  await expect(2, "message 2");
  // No line break, as when the program was ended.
  await log.append(lineOf(3, "error").trimEnd());
  await log.moveAway();
  await log.append(lineOf(4, "error"));
  await expect(3, "message 3");
  await expect(1, "message 4");
  await log.overwrite("");
  await log.append(lineOf(5, "error").slice(0, 10));
  await log.append(lineOf(5, "error").slice(10));
  await expect(1, "message 5");
  deepEqual(await follower.stop(), {
    lines: 5,
    badLines: 0,
    errors: 5,
    alerts: 5,
    undelivered: 0,
    unsent: 0,
  });
});

Deno.test("an endpoint that fails and recovers has each alert once, under the same key", async () => {
  await using log = await LogFile.create(lineOf(1, "error") + lineOf(2, "error"));
  await using endpoint = new Endpoint();
  endpoint.status = 503;
  const retry = { maxAttempts: 1_000, backoffMs: 1, backoffFactor: 1 };
  await using follower = new Follower(log, { send: postTo(endpoint.url), retry });
  const first = await endpoint.posted.take();
  const second = await endpoint.posted.take();
  equal(first.status, 503);
  equal(second.idempotencyKey, first.idempotencyKey);
  await log.append(lineOf(3, "error") + lineOf(4, "error"));

  endpoint.status = 204;
  let posted = await endpoint.posted.take();
  while (posted.status !== 204) posted = await endpoint.posted.take();
  deepEqual(messagesOf(posted.alert), ["message 1", "message 2"]);
  equal(posted.idempotencyKey, first.idempotencyKey);
  equal(posted.idempotencyKey, posted.alert.id);
  const next = await endpoint.posted.take();
  deepEqual(messagesOf(next.alert), ["message 3", "message 4"]);
  ok(next.idempotencyKey !== first.idempotencyKey);
  const { alerts, undelivered } = await follower.stop();
  deepEqual([alerts, undelivered, endpoint.posted.rest.length], [2, 0, 0]);
});

Deno.test("an alert that is not taken is handed back, and the next one is sent", async () => {
  await using log = await LogFile.create(lineOf(1, "error") + lineOf(2, "error"));
  await using endpoint = new Endpoint();
  endpoint.status = 503;
  await using follower = new Follower(log, { send: postTo(endpoint.url) });
  equal(await follower.undelivered.take(), "2 HTTP_503");
  for (let attempt = 1; attempt <= 3; attempt++) await endpoint.posted.take();
  deepEqual(endpoint.posted.rest, []);

  // What the endpoint will never take is tried once; it is not followed to another machine either.
  for (const [status, code] of [[400, "HTTP_400"], [302, "STEP_ERROR"]] as const) {
    endpoint.status = status;
    await log.append(lineOf(3, "error") + lineOf(4, "error"));
    equal(await follower.undelivered.take(), `2 ${code}`);
    await endpoint.posted.take();
    deepEqual(endpoint.posted.rest, []);
  }
  endpoint.status = 204;
  await log.append(lineOf(5, "error"));
  const { alerts, undelivered } = await follower.stop();
  deepEqual([alerts, undelivered], [1, 3]);
  deepEqual(messagesOf((await endpoint.posted.take()).alert), ["message 5"]);
});

Deno.test("while an alert is not taken, the log is read no further than the next piece", async () => {
  await using log = await LogFile.create();
  const line = lineOf(1, "error").replace("message", "x".repeat(1_000));
  for (let number = 1; number <= 1_000; number++) await log.append(line);
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  using database = await openDatabase(":memory:");
  const send = () => (begun.resolve(), held.promise);
  const follower = new Follower(log, { size: 2, send, database });
  await begun.promise;
  const count = () =>
    (database.prepare("SELECT COUNT(*) AS count FROM alerts").get() as { count: number }).count;
  // A piece of the log has 65 lines, and as many alerts as are made of two each.
  for (let turn = 0; turn < 1_000; turn++) await setImmediate();
  ok(count() <= 35, `${count()} alerts wait`);
  held.resolve();
  equal((await follower.stop()).alerts, 500);
  equal(count(), 0);
});
