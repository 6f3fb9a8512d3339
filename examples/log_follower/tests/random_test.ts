import { deepEqual } from "node:assert/strict";
import { openDatabase } from "@headrace/sqlite";
import { followLog, type FollowLogOptions } from "../follow_log.ts";
import type { Alert } from "../pipeline.ts";
import { messagesOf } from "./helpers/follower.ts";
import { lineOf, LogFile } from "./helpers/log_file.ts";

const SEEDS = 12;
const ROUNDS = 6;
const STEPS = 8;

type End = "stop" | "leave" | "signal";

function createRandom(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor(seed / 65_536) % below;
  };
}

Deno.test("each error is alerted once, in order, however a log is rotated and its followers end", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await follow(seed);
});

async function follow(seed: number): Promise<void> {
  const random = createRandom(seed);
  await using log = await LogFile.create(lineOf(1, "error"));
  using database = await openDatabase(":memory:");
  const alerts = new Map<string, readonly string[]>();
  const troubles: string[] = [];
  let written = 1;

  const change = async () => {
    switch (random(7)) {
      case 0:
        await log.rotate();
        return await log.append(lineOf(++written, "error"));
      case 5:
        await log.rotate();
        await log.pack(1);
        return await log.append(lineOf(++written, "error"));
      case 6:
        return await log.packNewest();
      case 1: {
        const line = lineOf(++written, "error");
        await log.append(line.slice(0, 20));
        return await log.append(line.slice(20));
      }
      case 2:
        return await new Promise<void>((resolve) => setTimeout(resolve, random(8)));
      default:
        return await log.append(lineOf(++written, "error"));
    }
  };
  const run = async (end: End, steps: number) => {
    const ends = {
      stop: new AbortController(),
      leave: new AbortController(),
      signal: new AbortController(),
    };
    const options: FollowLogOptions = {
      file: log.path,
      host: "here",
      database,
      isRemembered: true,
      size: 2,
      maxWaitMs: 5,
      pollMs: 2,
      stop: ends.stop.signal,
      leave: ends.leave.signal,
      signal: ends.signal.signal,
      send: (alert: Alert) => alerts.set(alert.id, messagesOf(alert)),
      retry: { maxAttempts: 1, backoffMs: 0 },
      timeoutMs: 60_000,
    };
    const report = {
      badLine: () => {},
      trouble: (text: string) => troubles.push(text),
      undelivered: () => {},
    };
    const following = followLog(options, report);
    // An abort rejects it with its reason, at any moment.
    const ended = following.then(() => undefined, (error) => error);
    for (let step = 0; step < steps; step++) await change();
    ends[end].abort(new Error("killed"));
    const error = await ended;
    if (end !== "signal") deepEqual(error, undefined);
  };

  // One that is killed before it has noted where it is begins with the log as it is then.
  await run("stop", 0);
  for (let round = 0; round < ROUNDS; round++) {
    await run((["stop", "leave", "signal"] as const)[random(3)]!, 1 + random(STEPS));
    for (let step = random(4); step > 0; step--) await change();
  }
  await run("stop", 0);
  const expected = Array.from({ length: written }, (_, index) => `message ${index + 1}`);
  deepEqual([...alerts.values()].flat(), expected, `seed ${seed}: ${troubles}`);
  deepEqual(troubles, []);
}
