import { deepEqual, equal, match } from "node:assert/strict";
import { rename, rm, stat } from "node:fs/promises";
import { FILE_START } from "../follow_file.ts";
import { LogFile } from "./helpers/log_file.ts";
import { begin, follow, readAll, resume } from "./helpers/reader.ts";

Deno.test("followFile() goes on after the last line break that was read", async () => {
  await using log = await LogFile.create("one\ntwo\nthr");
  const { next, kill } = follow(log.path);
  deepEqual([await next(), await next()], [FILE_START, "one\ntwo\nthr"]);
  const position = await kill();
  await log.append("ee\n");
  deepEqual(await resume(log.path, position), { text: "three\n", troubles: [] });
});

Deno.test("followFile() goes on through files that were rotated while it was not there", async () => {
  await using log = await LogFile.create("before\n");
  await log.rotate();
  await log.append("one\n");
  const { kill } = await begin(log);
  const position = await kill();
  await log.append("more\n");
  for (const text of ["two\n", "three\n", "four\n"]) {
    await log.rotate();
    await log.append(text);
  }
  const { text, troubles } = await resume(log.path, position);
  equal(text, "more\n|two\n|three\n|four\n");
  deepEqual(troubles, []);
});

Deno.test("followFile() finds its file among copies, by what it begins with", async () => {
  await using log = await LogFile.create("one\n");
  const { kill } = await begin(log);
  const position = await kill();
  await log.append("two\n");
  // As logrotate does with copytruncate.
  await Deno.copyFile(log.path, `${log.path}.1`);
  await log.overwrite("a new and longer beginning\n");
  deepEqual(await resume(log.path, position), {
    text: "two\n|a new and longer beginning\n",
    troubles: [],
  });
});

Deno.test("followFile() says so where its file is gone, and reads those that are newer", async () => {
  await using log = await LogFile.create("one\n");
  const { kill } = await begin(log);
  const position = await kill();
  await rm(log.path);
  await log.append("something else\n");
  const { text, troubles } = await resume(log.path, position);
  equal(text, "|something else\n");
  match(troubles.join(), /^The file that was read last is gone/);
});

Deno.test("followFile() reads the rest of a file that was copied before it was cut", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  await log.append("two\n");
  await Deno.copyFile(log.path, `${log.path}.1`);
  await log.overwrite("three, which is longer than all before\n");
  stop();
  equal(await readAll(next), "two\n|three, which is longer than all before\n");
  deepEqual(troubles, []);
});

Deno.test("followFile() opens files as they are rotated, so that it reads those that are gone", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  let expected = "";
  for (const text of ["two\n", "three\n", "four\n"]) {
    await log.rotate();
    await log.append(text);
    expected += `|${text}`;
    // The reader reads nothing meanwhile: time for some looks of its own.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await rm(`${log.path}.2`, { force: true });
  }
  stop();
  equal(await readAll(next), expected);
  deepEqual(troubles, []);
});

Deno.test("followFile() waits while links lead in a circle, and says so once", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  await rename(log.path, `${log.path}.1`);
  await Deno.symlink(log.path, log.path);
  const waiting = next();
  while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve));
  await rm(log.path);
  await log.append("two\n");
  deepEqual([await waiting, await next()], [FILE_START, "two\n"]);
  deepEqual(troubles, ["The log cannot be read for now: ELOOP"]);
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() is not held up by links that lead in a circle beside the log", async () => {
  await using log = await LogFile.create("one\n");
  await Deno.symlink(`${log.path}.9`, `${log.path}.9`);
  const { next, stop, troubles } = await begin(log);
  await log.rotate();
  await log.append("two\n");
  stop();
  equal(await readAll(next), "|two\n");
  deepEqual(troubles, []);
});

Deno.test("followFile() does not take a new file that was given an old number for its own", async () => {
  await using log = await LogFile.create("");
  const { next, kill } = follow(log.path);
  equal(await next(), FILE_START);
  const position = await kill();
  await log.append("one\n");
  await log.rotate();
  await log.append("two\n");
  const { ino } = await stat(log.path, { bigint: true });
  // As where the file was removed, and the next one was made a moment later.
  const from = { ...position, ino: String(ino), birthtimeMs: position.birthtimeMs! - 1 };
  deepEqual(await resume(log.path, from), { text: "|one\n|two\n", troubles: [] });
});
