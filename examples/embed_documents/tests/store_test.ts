import { deepEqual, equal, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { FatalError } from "../errors.ts";
import { type EmbeddedChunk, VectorStore } from "../store.ts";
import { TestFolder } from "./helpers/folder.ts";

function chunk(path: string, position: number, fields: Partial<EmbeddedChunk> = {}): EmbeddedChunk {
  return {
    path,
    position,
    hash: "first",
    input: `${path} ${position}`,
    tags: [],
    headings: ["Heading"],
    text: `${path} ${position}`,
    last: false,
    vector: Float32Array.of(1, position, 0),
    ...fields,
  };
}

Deno.test("VectorStore finds the closest chunks first, with their cosine similarity", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0), chunk("/a", 1), chunk("/a", 2, { last: true })]);
  const found = store.search(Float32Array.of(2, 0, 0), 2);
  deepEqual(found.map(({ text, headings }) => [text, headings]), [
    ["/a 0", ["Heading"]],
    ["/a 1", ["Heading"]],
  ]);
  deepEqual(found.map(({ score }) => score.toFixed(3)), ["1.000", "0.707"]);
});

Deno.test("VectorStore keeps what was stored when it is opened again", async () => {
  await using folder = await TestFolder.create();
  {
    using store = new VectorStore(folder.join("a.db"), "m");
    store.save([chunk("/a", 0, { last: true })]);
  }
  using store = VectorStore.openExisting(folder.join("a.db"), "m");
  equal(store.isUnchanged("/a", "first"), true);
  equal(store.search(Float32Array.of(1, 0, 0), 5).length, 1);
});

Deno.test("VectorStore replaces the chunks of a changed document and drops those left over", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0), chunk("/a", 1), chunk("/a", 2, { last: true })]);
  store.save([chunk("/b", 0, { last: true })]);
  store.save([chunk("/a", 0, { hash: "second", text: "new", last: true })]);
  deepEqual(store.count(), { documents: 2, chunks: 2 });
  deepEqual(store.search(Float32Array.of(1, 0, 0), 9).map(({ text }) => text).sort(), [
    "/b 0",
    "new",
  ]);
  equal(store.isUnchanged("/a", "first"), false);
  equal(store.isUnchanged("/a", "second"), true);
});

Deno.test("VectorStore counts a document as complete only when none of its chunks is missing", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  deepEqual(store.save([chunk("/a", 0)]), [{ path: "/a", completes: false }]);
  equal(store.isUnchanged("/a", "first"), false);
  deepEqual(store.save([chunk("/a", 2, { last: true })]), [{ path: "/a", completes: false }]);
  equal(store.isUnchanged("/a", "first"), false);
  deepEqual(store.save([chunk("/a", 1), chunk("/a", 2, { last: true })]), [
    { path: "/a", completes: false },
    { path: "/a", completes: true },
  ]);
  equal(store.isUnchanged("/a", "first"), true);
});

Deno.test("VectorStore takes a complete document that is only partly replaced as incomplete", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0), chunk("/a", 1, { last: true })]);
  store.save([chunk("/a", 0, { hash: "second" })]);
  equal(store.isUnchanged("/a", "first"), false);
  equal(store.isUnchanged("/a", "second"), false);
});

Deno.test("VectorStore stores a batch whole or not at all", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0, { last: true })]);
  const wrong = chunk("/b", 1, { vector: Float32Array.of(1, 2) });
  throws(() => store.save([chunk("/b", 0), wrong]), /3 dimensions, the model gave 2/);
  deepEqual(store.count(), { documents: 1, chunks: 1 });
});

Deno.test("VectorStore deletes a document with its chunks and vectors", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0, { last: true }), chunk("/b", 0, { last: true })]);
  equal(store.deleteDocument("/a"), true);
  equal(store.deleteDocument("/a"), false);
  deepEqual(store.count(), { documents: 1, chunks: 1 });
  deepEqual(store.search(Float32Array.of(1, 0, 0), 9).map(({ path }) => path), ["/b"]);
});

Deno.test("VectorStore lists the documents, however many, while they are deleted", async () => {
  await using folder = await TestFolder.create();
  using store = new VectorStore(folder.join("a.db"), "m");
  const paths = Array.from({ length: 1_200 }, (_, at) => `/docs/${String(at).padStart(4, "0")}`);
  store.save(
    [...paths, "/docs.md", "/docs2/a", "/a"].map((path) => chunk(path, 0, { last: true })),
  );
  const listed: string[] = [];
  for (const path of store.paths()) {
    if (!path.startsWith("/docs/")) continue;
    listed.push(path);
    store.deleteDocument(path);
  }
  deepEqual(listed, paths);
  equal(store.count().documents, 3);
  deepEqual([...store.paths()], ["/a", "/docs.md", "/docs2/a"]);
});

Deno.test("VectorStore refuses another model, another length of vectors and other files", async () => {
  await using folder = await TestFolder.create({ "text.db": "This is not a database at all." });
  const path = folder.join("a.db");
  {
    using store = new VectorStore(path, "one");
    store.save([chunk("/a", 0, { last: true })]);
    throws(() => store.search(Float32Array.of(1), 1), /3 dimensions, the model gave 1/);
  }
  const other = new DatabaseSync(folder.join("other.db"));
  other.exec("CREATE TABLE notes (text)");
  other.close();
  const cases: [() => VectorStore, RegExp][] = [
    [() => new VectorStore(path, "two"), /vectors of the model "one", and this run uses "two"/],
    [() => VectorStore.openExisting(folder.join("none.db"), "one"), /There is no database/],
    [() => new VectorStore(folder.join("text.db"), "one"), /file is not a database/],
    [() => new VectorStore(folder.join("other.db"), "one"), /database of another program/],
    [() => new VectorStore(folder.join("no/such/a.db"), "one"), /unable to open database file/],
    [() => new VectorStore(folder.path, "one"), /unable to open database file/],
  ];
  for (const [open, message] of cases) {
    throws(open, (error) => error instanceof FatalError && message.test(error.message));
  }
});

Deno.test("VectorStore refuses a file of another format", async () => {
  await using folder = await TestFolder.create();
  const path = folder.join("a.db");
  new VectorStore(path, "one").close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  throws(() => new VectorStore(path, "one"), /has format 99, this program has 2/);
});
