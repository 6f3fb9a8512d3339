// What finds modules of its runtime by itself still finds them in a bundle.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore } from "@headrace/pipeline/durable";

const folder = await mkdtemp(join(tmpdir(), "headrace-"));
try {
  const store = fileStore(join(folder, "checkpoint"));
  const { fence } = await store.acquire("job");
  await store.save("job", "1", fence);
  if ((await readdir(folder)).length > 0) console.log("all is well");
} finally {
  await rm(folder, { recursive: true });
}
