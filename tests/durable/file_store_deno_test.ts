import { assertEquals } from "@std/assert";
import { fileStore } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { testStore } from "./_store_contract.ts";

const folders: string[] = [];
globalThis.addEventListener("unload", () => {
  for (const folder of folders) Deno.removeSync(folder, { recursive: true });
});

testStore({
  name: "fileStore()",
  async create() {
    const folder = await Deno.makeTempDir({ prefix: "headrace-" });
    folders.push(folder);
    return { open: () => fileStore(`${folder}/ingest.checkpoint`) };
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
