import { assertEquals, assertRejects } from "@std/assert";
import { type CheckpointStore, DurableError, fileStore } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { type StoreHost, testCheckpointStore } from "../support/store_contract.ts";

const folders: string[] = [];
globalThis.addEventListener("unload", () => {
  for (const folder of folders) Deno.removeSync(folder, { recursive: true });
});

/** A folder of its own, in which the job `name` has saved "1" through `store`. */
async function saveOne(name: string) {
  const folder = await Deno.makeTempDir({ prefix: "headrace-" });
  folders.push(folder);
  const path = `${folder}/${name}`;
  const store = fileStore(path);
  const { fence } = await store.acquire("ingest");
  await store.save("ingest", "1", fence);
  return { folder, path, store, fence };
}

/** A folder with files for each job. */
class FolderHost implements StoreHost {
  readonly #folder = Deno.makeTempDirSync({ prefix: "headrace-" });
  readonly #ids: string[] = [];

  open(id: string): CheckpointStore {
    if (!this.#ids.includes(id)) this.#ids.push(id);
    return fileStore(`${this.#folder}/${this.#ids.indexOf(id)}.checkpoint`);
  }

  /** Cuts what is kept, of all jobs. */
  cut(share: number): void {
    for (const { name } of Deno.readDirSync(this.#folder)) {
      const path = `${this.#folder}/${name}`;
      Deno.truncateSync(path, Math.floor(Deno.statSync(path).size * share));
    }
  }

  close(): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

testCheckpointStore("fileStore()", () => new FolderHost(), {
  damages: {
    "was cut in the middle": (host) => host.cut(0.5),
    "is in a file that is empty": (host) => host.cut(0),
  },
});

test("fileStore() keeps one file of a job in its folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-" });
  folders.push(folder);
  const path = `${folder}/ingest.checkpoint`;
  for (let owner = 1; owner <= 3; owner++) {
    const store = fileStore(path);
    const { fence } = await store.acquire("ingest");
    await store.save("ingest", `${owner}`, fence);
  }

  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  assertEquals(names, ["ingest.checkpoint.3"]);
});

test("fileStore() leaves a job as it is when another one is refused in its place", async () => {
  const { path, store, fence } = await saveOne("ingest.checkpoint");

  await assertRejects(() => fileStore(path).acquire("other"), DurableError, 'of the job "ingest"');

  // Its owner goes on, and so does the next one.
  await store.save("ingest", "2", fence);
  assertEquals((await fileStore(path).acquire("ingest")).saved, "2");
});

test("fileStore() refuses a folder or a link to nothing in its place, with its name", async () => {
  const { folder, path, fence } = await saveOne("ingest.checkpoint");
  const place = `${path}.${fence}`;
  await Deno.rename(place, `${folder}/kept`);

  for (const spoil of [() => Deno.mkdir(place), () => Deno.symlink(`${folder}/none`, place)]) {
    await spoil();
    const message = `it is no file, in ${place}. Put a copy back`;
    const acquiring = assertRejects(() => fileStore(path).acquire("ingest"), DurableError, message);
    assertEquals((await acquiring).code, "CHECKPOINT_UNREADABLE");
    await Deno.remove(place);
  }

  // A link to a file is as good as the file.
  await Deno.symlink(`${folder}/kept`, place);
  assertEquals((await fileStore(path).acquire("ingest")).saved, "1");
});

test("fileStore() takes a backslash for a part of a name, but on Windows", async () => {
  if (Deno.build.os === "windows") return;
  const { folder, path } = await saveOne("team\\ingest");

  assertEquals((await fileStore(path).acquire("ingest")).saved, "1");
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  assertEquals(names, ["team\\ingest.2"]);
});
