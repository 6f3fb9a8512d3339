import { deepEqual, equal, match } from "node:assert/strict";
import { appendFile, copyFile, rename, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { FILE_START } from "../follow_file.ts";
import { lineOf, LogFile } from "./helpers/log_file.ts";
import { begin, follow, readAll, type Reader, resume } from "./helpers/reader.ts";

/** Many lines, of which no two files have the same. */
const linesOf = (from: number, count = 2_000) =>
  Array.from({ length: count }, (_, index) => lineOf(from + index, "error")).join("");

/** Reads until so many bytes have come. */
async function readSome(next: Reader["next"], length: number): Promise<string> {
  let text = "";
  while (text.length < length) {
    const each = await next();
    text += each === FILE_START ? "|" : String(each);
  }
  return text;
}

Deno.test("followFile() reads files that were compressed at once, in order with the others", async () => {
  for (const isKilled of [false, true]) {
    await using log = await LogFile.create("one\n");
    const { next, stop, troubles, kill } = await begin(log);
    // While it is not there, it opens nothing before it is compressed.
    const position = isKilled ? await kill() : undefined;
    let expected = "";
    for (let number = 2; number <= 9; number++) {
      await log.rotate();
      if (number % 3 > 0) await log.pack(1);
      await log.append(`${number}\n`);
      expected += `|${number}\n`;
    }
    stop();
    const { text, troubles: later } = isKilled
      ? await resume(log.path, position)
      : { text: await readAll(next), troubles };
    equal(text, expected);
    deepEqual(later, []);
  }
});

Deno.test("followFile() reads files that are compressed one rotation later, and none twice", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  let [expected, text] = ["", ""];
  for (let number = 2; number <= 16; number++) {
    await log.rotate();
    if (number > 2) await log.pack(2);
    await log.append(`line ${number}\n`);
    expected += `|line ${number}\n`;
    if (number % 4 !== 0) continue;
    text += await readSome(next, expected.length - text.length);
  }
  stop();
  equal(text + await readAll(next), expected);
  deepEqual(troubles, []);
});

Deno.test("followFile() does not read files that are older than it when they are compressed", async () => {
  await using log = await LogFile.create("the oldest\n");
  await log.rotate();
  await log.append("older\n");
  await log.rotate();
  await log.append("one\n");
  const { next, stop, troubles } = await begin(log);
  await log.pack(2, { forgetsTime: true });
  await log.rotate();
  await log.pack(2, { forgetsTime: true });
  await log.append("two\n");
  stop();
  equal(await readAll(next), "|two\n");
  deepEqual(troubles, []);
});

Deno.test("followFile() goes on in what its file was compressed to", async () => {
  await using log = await LogFile.create(linesOf(0));
  const { next, kill } = follow(log.path);
  const read = (await readSome(next, 70_000)).slice(1);
  const position = await kill();
  await log.rotate();
  await log.pack(1);
  for (const from of [10_000, 20_000]) {
    await log.append(linesOf(from));
    await log.rotate();
    await log.pack(1);
  }
  await log.append("last\n");
  const { text, troubles } = await resume(log.path, position);
  const all = `${linesOf(0)}|${linesOf(10_000)}|${linesOf(20_000)}|last\n`;
  // The line that had not ended is read again.
  equal(text, all.slice(read.lastIndexOf("\n") + 1));
  deepEqual(troubles, []);
});

Deno.test("followFile() is killed in a compressed file, and goes on there, whatever its name", async () => {
  await using log = await LogFile.create("one\n");
  const { kill } = await begin(log);
  let position = await kill();
  await log.rotate();
  await log.append(linesOf(0, 8_000));
  await log.rotate();
  const packed = await log.pack(1);
  await log.append("last\n");
  const all = `|${linesOf(0, 8_000)}|last\n`;
  let done = 0;
  for (let round = 1; round <= 4; round++) {
    const { next, kill, troubles } = follow(log.path, position);
    const text = await readSome(next, 20_000);
    equal(text, all.slice(done, done + text.length));
    done += text.lastIndexOf("\n") + 1;
    position = await kill();
    deepEqual(troubles, []);
    // Another number, as after a backup that was put back.
    if (round === 1) {
      await copyFile(packed, `${packed}.new`);
      await rename(`${packed}.new`, packed);
    }
    if (round === 2) await rename(packed, `${log.path}.7.gz`);
  }
  const { text, troubles } = await resume(log.path, position);
  equal(text, all.slice(done));
  deepEqual(troubles, []);
});

Deno.test("followFile() goes on in a file of which it had read nothing when it was compressed", async () => {
  await using log = await LogFile.create("one\n");
  const { next, kill } = await begin(log);
  await log.rotate();
  await log.append("two\n");
  equal(await next(), FILE_START);
  const position = await kill();
  await log.rotate();
  await log.pack(1);
  await log.append("three\n");
  const { text, troubles } = await resume(log.path, position);
  deepEqual([text, troubles], ["|two\n|three\n", []]);
});

Deno.test("followFile() reports a damaged file by its name, and keeps what can be read of it", async () => {
  for (const isCut of [true, false]) {
    await using log = await LogFile.create("one\n");
    const { kill } = await begin(log);
    const position = await kill();
    await log.rotate();
    await log.append(linesOf(0));
    await log.rotate();
    const path = await log.pack(1);
    const bytes = await Deno.readFile(path);
    if (isCut) await writeFile(path, bytes.subarray(0, bytes.length / 2));
    else await writeFile(path, bytes.fill(0, bytes.length / 2));
    await log.append("last\n");
    const { text, troubles } = await resume(log.path, position);
    equal(text.endsWith("|last\n"), true);
    const read = text.slice(1, -"|last\n".length);
    equal(read.length > 10_000, true);
    // Where bytes were changed, what was compressed there may come out as something else.
    if (isCut) equal(linesOf(0).startsWith(read), true);
    match(
      troubles.join("|"),
      /^app\.log\.1\.gz is damaged: what comes after its first \d+ bytes is lost$/,
    );
  }
});

Deno.test("followFile() waits for no compressed file any more when it is given up", async () => {
  await using log = await LogFile.create("one\n");
  const position = await (await begin(log)).kill();
  await log.rotate();
  await log.append(linesOf(0));
  await log.rotate();
  const path = await log.pack(1);
  const bytes = await Deno.readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  await log.append("last\n");
  const { next, troubles, giveUp } = follow(log.path, position, { pollMs: 2_147_483_647 });
  await readSome(next, 10_000);
  let reading = next();
  for (let count = 0; count < 2; count++) reading = reading.then(next);
  // It is at the end of what can be read so far, and looks whether there will be more.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startMs = performance.now();
  await giveUp();
  await reading;
  equal(performance.now() - startMs < 1_000, true);
  deepEqual(troubles, []);
});

Deno.test("followFile() goes on after a file that was cut before the place where it was", async () => {
  await using log = await LogFile.create(linesOf(0));
  const { next, kill } = follow(log.path);
  await readSome(next, 130_000);
  const position = await kill();
  await log.rotate();
  const path = await log.pack(1);
  const bytes = await Deno.readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  await log.append("last\n");
  const { text, troubles } = await resume(log.path, position);
  equal(text, "|last\n");
  match(troubles.join(), /app\.log\.1\.gz is damaged/);
});

Deno.test("followFile() reads a file once that is being compressed", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  await log.rotate();
  await log.append("two\n");
  await log.rotate();
  await writeFile(`${log.path}.1.gz`, gzipSync("two\n").subarray(0, 5));
  await log.append("three\n");
  equal(await readSome(next, 5), "|two\n");
  await log.pack(1);
  await log.shift();
  await log.moveAway();
  await log.append("four\n");
  stop();
  equal(await readAll(next), "|three\n|four\n");
  deepEqual(troubles, []);
});

Deno.test("followFile() waits for a compressed file that is written under no other name", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = follow(log.path, undefined, { pollMs: 100 });
  equal(await readSome(next, 5), "|one\n");
  await log.rotate();
  const packed = gzipSync(linesOf(0));
  await writeFile(`${log.path}.0.gz`, packed.subarray(0, packed.length / 2));
  await log.append("last\n");
  equal(await next(), FILE_START);
  const begun = next();
  // Time to reach the end of the file.
  await new Promise((resolve) => setTimeout(resolve, 150));
  await appendFile(`${log.path}.0.gz`, packed.subarray(packed.length / 2));
  stop();
  equal(String(await begun) + await readAll(next), `${linesOf(0)}|last\n`);
  deepEqual(troubles, []);
});

Deno.test("followFile() reads on in a compressed copy of a file that was cut", async () => {
  for (const isKilled of [false, true]) {
    await using log = await LogFile.create("one\n");
    const { next, stop, troubles, kill } = await begin(log);
    const position = isKilled ? await kill() : undefined;
    await log.append("two\n");
    await copyFile(log.path, `${log.path}.1`);
    await log.pack(1, { forgetsTime: true });
    await log.overwrite("three, which is longer than all before\n");
    stop();
    const { text, troubles: later } = isKilled
      ? await resume(log.path, position)
      : { text: await readAll(next), troubles };
    equal(text, "two\n|three, which is longer than all before\n");
    deepEqual(later, []);
  }
});

Deno.test("followFile() reads nothing twice of a log that it has read further than its copy", async () => {
  for (const [isKilled, isPacked] of [[false, false], [false, true], [true, false], [true, true]]) {
    await using log = await LogFile.create(linesOf(0, 100));
    const { next, stop, troubles, kill } = follow(log.path);
    equal(await readSome(next, 2), `|${linesOf(0, 100)}`);
    await copyFile(log.path, `${log.path}.1`);
    await log.append("written while it is copied\n");
    equal(await next(), "written while it is copied\n");
    const position = isKilled ? await kill() : undefined;
    if (isPacked) await log.pack(1, { forgetsTime: true });
    await log.overwrite("new\n");
    stop();
    const { text, troubles: later } = isKilled
      ? await resume(log.path, position)
      : { text: await readAll(next), troubles };
    equal(text, "|new\n");
    deepEqual(later, ["The log was cut short: what was written right before that may be lost"]);
  }
});

Deno.test("followFile() knows a copy again that is compressed later", async () => {
  await using log = await LogFile.create("one\n");
  const { next, stop, troubles } = await begin(log);
  let text = "";
  for (let number = 2; number <= 5; number++) {
    await log.append(`line ${number}\n`);
    await log.shift();
    if (number > 2) await log.pack(2, { forgetsTime: true });
    await copyFile(log.path, `${log.path}.1`);
    await log.overwrite(`${number} begins\n`);
    text += await readSome(next, `line ${number}\n|${number} begins\n`.length);
  }
  stop();
  text += await readAll(next);
  equal(text, [2, 3, 4, 5].map((number) => `line ${number}\n|${number} begins\n`).join(""));
  deepEqual(troubles, []);
});

Deno.test("followFile() reads a log that was compressed without a number, and has a new file", async () => {
  await using log = await LogFile.create("one\n");
  const { kill } = await begin(log);
  const position = await kill();
  await log.append("two\n");
  await writeFile(`${log.path}.gz`, gzipSync("one\ntwo\n"));
  await rm(log.path);
  await log.append("three\n");
  deepEqual(await resume(log.path, position), { text: "two\n|three\n", troubles: [] });
});
