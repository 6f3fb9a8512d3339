import { deepEqual, equal, rejects } from "node:assert/strict";
import { dirname } from "node:path";
import { FILE_START, followFile } from "../follow_file.ts";
import { LogFile } from "./helpers/log_file.ts";

/** A reader of the file's pieces, as text. */
function follow(path: string) {
  const stopper = new AbortController();
  const chunks = followFile(path, { pollMs: 1, stop: stopper.signal });
  const next = async () => {
    const { value } = await chunks.next();
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  };
  return { next, stop: () => stopper.abort() };
}

Deno.test("followFile() hands out what is there, and then what is added, in pieces as they come", async () => {
  await using log = await LogFile.create("one\ntwo\n");
  const { next, stop } = follow(log.path);
  equal(await next(), FILE_START);
  equal(await next(), "one\ntwo\n");
  for (const piece of ["thr", "ee\nfo", "ur\n"]) {
    const waiting = next();
    await log.append(piece);
    equal(await waiting, piece);
  }
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() waits for a file that is not there", async () => {
  await using log = await LogFile.create();
  const { next, stop } = follow(log.path);
  const waiting = next();
  await log.append("one\n");
  equal(await waiting, FILE_START);
  equal(await next(), "one\n");
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() ends where the file never comes", async () => {
  await using log = await LogFile.create();
  const { next, stop } = follow(log.path);
  const waiting = next();
  stop();
  equal(await waiting, undefined);
});

Deno.test("followFile() reads a file that was moved away to its end, and then the new one", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = follow(log.path);
  equal(await next(), FILE_START);
  equal(await next(), "one\n");
  const old = await log.moveAway();
  const waiting = next();
  await Deno.writeTextFile(old, "two\n", { append: true });
  equal(await waiting, "two\n");
  await Deno.writeTextFile(old, "three\n", { append: true });
  await log.append("new\n");
  deepEqual([await next(), await next(), await next()], ["three\n", FILE_START, "new\n"]);
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() begins again with a file that was cut short", async () => {
  await using log = await LogFile.create("a long beginning\n");
  const { next, stop } = follow(log.path);
  equal(await next(), FILE_START);
  equal(await next(), "a long beginning\n");
  await log.overwrite("new\n");
  deepEqual([await next(), await next()], [FILE_START, "new\n"]);
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() hands out all that is in the file when it is stopped", async () => {
  await using log = await LogFile.create("x".repeat(200_000));
  const { next, stop } = follow(log.path);
  equal(await next(), FILE_START);
  stop();
  await log.append("written later");
  let length = 0;
  for (let text = await next(); typeof text === "string"; text = await next()) {
    length += text.length;
  }
  // The file is looked at once more after the stop.
  equal(length, 200_000 + "written later".length);
});

Deno.test("followFile() hands out what was written before the stop, also behind what it had seen", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = follow(log.path);
  deepEqual([await next(), await next()], [FILE_START, "one\n"]);
  await log.append("two\n");
  stop();
  equal(await next(), "two\n");
  equal(await next(), undefined);
});

Deno.test("followFile() reads nothing that nobody asks for", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = follow(log.path);
  equal(await next(), FILE_START);
  await log.append("two\n");
  // Had it read ahead, the two lines would come apart.
  equal(await next(), "one\ntwo\n");
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() refuses what is not a file", async () => {
  await using log = await LogFile.create();
  await rejects(follow(dirname(log.path)).next(), /Only a file can be followed/);
});
