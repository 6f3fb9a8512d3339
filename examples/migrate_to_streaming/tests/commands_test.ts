import { deepEqual, equal, match } from "node:assert/strict";
import { readdir, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PROGRAMS, TestFolder } from "./programs.ts";

const EXAMPLE = fileURLToPath(new URL("../", import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, ...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", EXAMPLE + program, ...args],
    cwd: EXAMPLE,
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr).replace(/^Warning "links".*\n.*\n/, ""),
  };
}

Deno.test("the programs are those in the folder", async () => {
  const files = (await readdir(EXAMPLE)).filter((name) => /^\d/.test(name)).sort();
  deepEqual(files, Object.keys(PROGRAMS));
});

for (const program of Object.keys(PROGRAMS)) {
  Deno.test(`${program} runs by itself, on notes that it makes`, async () => {
    const { code, stdout, stderr } = await run(program);
    equal(stderr, "");
    match(
      stdout,
      /^1000 chunks; gate 1147, .*\nitems in memory: \d+ at the peak, of 2050 in all\n$/,
    );
    equal(code, 0);
  });

  Deno.test(`${program} ends with 1 where a note of the given folder cannot be read`, async () => {
    await using folder = await TestFolder.create();
    await writeFile(folder.join("a.md"), "A note.");
    await symlink("missing", folder.join("b.md"));
    const { code, stdout } = await run(program, folder.path);
    match(stdout, /^note 1 failed: ENOENT\n/);
    equal(code, 1);
  });

  Deno.test(`${program} says in one line that the given folder cannot be read`, async () => {
    await using folder = await TestFolder.create();
    const { code, stdout, stderr } = await run(program, folder.join("missing"));
    match(stderr, /^error: ENOENT: .*missing'\n$/);
    equal(stdout, "");
    equal(code, 1);
  });
}
