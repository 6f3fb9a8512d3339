import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FILE_START } from "../follow_file.ts";
import { LogFile } from "./helpers/log_file.ts";
import { begin, follow, readAll } from "./helpers/reader.ts";

Deno.test("followFile() emits what the file has, and then what is added, in pieces as they come", async () => {
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

Deno.test("followFile() emits all that is in the file when it is stopped", async () => {
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

Deno.test("followFile() emits what was written before the stop, also after what it had seen", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = follow(log.path);
  deepEqual([await next(), await next()], [FILE_START, "one\n"]);
  await log.append("two\n");
  stop();
  equal(await next(), "two\n");
  equal(await next(), undefined);
});

Deno.test("followFile() reads nothing before it is asked for", async () => {
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

Deno.test("followFile() reads all files that had the name between two looks, in order", async () => {
  await using log = await LogFile.create("before the follower\n");
  await log.rotate();
  await log.append("one\n");
  const { next, stop, troubles } = await begin(log);
  let expected = "more\n";
  await log.append(expected);
  for (let number = 2; number <= 12; number++) {
    await log.rotate();
    await log.append(`${number}\n`);
    expected += `|${number}\n`;
  }
  stop();
  equal(await readAll(next), expected);
  deepEqual(troubles, []);
});

Deno.test("followFile() reads what was rotated while it read others, and nothing twice", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  let expected = "";
  let text = "";
  for (let number = 2; number <= 20; number++) {
    await log.rotate();
    await log.append(`${number}\n`);
    expected += `|${number}\n`;
    if (number % 3 !== 0) continue;
    for (let each = ""; each !== `${number - 1}\n`;) {
      const value = await next();
      text += value === FILE_START ? "|" : String(value);
      each = String(value);
    }
  }
  stop();
  equal(text + await readAll(next), expected);
  deepEqual(troubles, []);
});

Deno.test("followFile() reads rotated files also where no file has the name when it is stopped", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = await begin(log);
  await log.rotate();
  await log.append("two\n");
  await log.rotate();
  stop();
  equal(await readAll(next), "|two\n");
});

Deno.test("followFile() says so where rotated files are compressed otherwise, or gone", async () => {
  await using compressed = await LogFile.create("one\n");
  {
    const { next, stop, troubles } = await begin(compressed);
    await compressed.rotate();
    const later = new Date(Date.now() + 60_000);
    for (const ending of [".0.zst", ".00.bz2", ".000.xz"]) {
      await writeFile(`${compressed.path}${ending}`, "two");
      await Deno.utime(`${compressed.path}${ending}`, later, later);
    }
    await compressed.append("three\n");
    stop();
    equal(await readAll(next), "|three\n");
    deepEqual(troubles, [
      "Rotated files were lost, as they are compressed otherwise than by gzip, renamed or not " +
      "readable: app.log.000.xz, app.log.00.bz2, app.log.0.zst",
    ]);
  }
  await using gone = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(gone);
  await rm(gone.path);
  await gone.append("three\n");
  stop();
  equal(await readAll(next), "|three\n");
  match(troubles.join(), /^The log was replaced and the old file is gone/);
});

Deno.test("followFile() stays with the old file until there is something in the new one", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop } = await begin(log);
  const old = await log.moveAway();
  await log.append("");
  const waiting = next();
  // Time for many looks, of which one that leaves the old file would end the wait.
  await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50))]);
  await writeFile(old, "two\n", { flag: "a" });
  equal(await waiting, "two\n");
  await log.append("three\n");
  stop();
  equal(await readAll(next), "|three\n");
});

Deno.test("followFile() waits while something else has the name, and says so once each time", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  for (const [time, text] of [[1, "two\n"], [2, "three\n"]] as const) {
    await rename(log.path, `${log.path}.${time}`);
    await mkdir(log.path);
    const waiting = next();
    while (troubles.length < time) await new Promise((resolve) => setTimeout(resolve));
    await rm(log.path, { recursive: true });
    await log.append(text);
    deepEqual([await waiting, await next()], [FILE_START, text]);
  }
  deepEqual(troubles, Array(2).fill("The log cannot be read for now: it is no file"));
  stop();
  equal(await next(), undefined);
});

Deno.test("followFile() can be stopped while something else has the name", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  await log.rotate();
  await log.append("two\n");
  await log.rotate();
  await mkdir(log.path);
  stop();
  equal(await readAll(next), "|two\n");
  deepEqual(troubles, ["The log cannot be read for now: it is no file"]);
});
