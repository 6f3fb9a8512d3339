import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type EmbeddedChunk, SqliteDocumentStore, StoreError } from "@headrace/documents/store";
import { TestFolder } from "./support/folder.ts";
import { test } from "../../../tests/harness.ts";

function chunk(path: string, position: number, fields: Partial<EmbeddedChunk> = {}): EmbeddedChunk {
  return {
    path,
    position,
    hash: "first",
    input: `${path} ${position}`,
    headings: ["Heading"],
    text: `${path} ${position}`,
    last: false,
    vector: Float32Array.of(1, position, 0),
    ...fields,
  };
}

test("SqliteDocumentStore finds the closest chunks first, with their cosine similarity", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0), chunk("/a", 1), chunk("/a", 2, { last: true })]);
  const found = store.search(Float32Array.of(2, 0, 0), 2);
  deepEqual(found.map(({ text, headings }) => [text, headings]), [
    ["/a 0", ["Heading"]],
    ["/a 1", ["Heading"]],
  ]);
  deepEqual(found.map(({ score }) => score.toFixed(3)), ["1.000", "0.707"]);
  deepEqual(store.search(Float32Array.of(2, 0, 0), 0), []);
});

test("SqliteDocumentStore keeps what was stored when it is opened again", async () => {
  await using folder = await TestFolder.create();
  {
    using store = new SqliteDocumentStore(folder.join("a.db"), "m");
    store.save([chunk("/a", 0, { last: true })]);
  }
  using store = SqliteDocumentStore.openExisting(folder.join("a.db"), "m");
  equal(store.isUnchanged("/a", "first"), true);
  equal(store.search(Float32Array.of(1, 0, 0), 5).length, 1);
});

test("SqliteDocumentStore replaces the chunks of a changed document and drops those left over", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
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

test("SqliteDocumentStore counts a document as complete only when none of its chunks is missing", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
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

test("SqliteDocumentStore takes a complete document that is only partly replaced as incomplete", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0), chunk("/a", 1, { last: true })]);
  store.save([chunk("/a", 0, { hash: "second" })]);
  equal(store.isUnchanged("/a", "first"), false);
  equal(store.isUnchanged("/a", "second"), false);
});

test("SqliteDocumentStore stores a batch whole or not at all", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0, { last: true })]);
  const wrong = chunk("/b", 1, { vector: Float32Array.of(1, 2) });
  throws(() => store.save([chunk("/b", 0), wrong]), /3 dimensions, the model gave 2/);
  deepEqual(store.count(), { documents: 1, chunks: 1 });
});

test("SqliteDocumentStore stores no vector that no search could find", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  for (
    const vector of [[], [1, NaN, 0], [1, Infinity, 0], undefined] as unknown as Float32Array[]
  ) {
    const odd = chunk("/b", 1, { vector: vector && Float32Array.from(vector) });
    throws(
      () => store.save([chunk("/b", 0), odd]),
      /the vector of chunk 2 of "\/b" must be a list/,
    );
  }
  deepEqual(store.count(), { documents: 0, chunks: 0 });
});

test("SqliteDocumentStore stores no chunk without a place or a hash", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  for (const position of [-1, 0.5, NaN, "1"] as number[]) {
    const odd = chunk("/b", position);
    throws(
      () => store.save([chunk("/b", 0), odd]),
      /position of a chunk of "\/b" must be an integer/,
    );
  }
  const odd = { ...chunk("/b", 1), hash: undefined as unknown as string };
  throws(() => store.save([chunk("/b", 0), odd]), /hash of chunk 2 of "\/b" must be a string/);
  deepEqual(store.count(), { documents: 0, chunks: 0 });
});

test("SqliteDocumentStore deletes a document with its chunks and vectors", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  store.save([chunk("/a", 0, { last: true }), chunk("/b", 0, { last: true })]);
  equal(store.deleteDocument("/a"), true);
  equal(store.deleteDocument("/a"), false);
  deepEqual(store.count(), { documents: 1, chunks: 1 });
  deepEqual(store.search(Float32Array.of(1, 0, 0), 9).map(({ path }) => path), ["/b"]);
});

test("SqliteDocumentStore lists the documents, however many, while they are deleted", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
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

test("SqliteDocumentStore refuses another model, another length of vectors and other files", async () => {
  await using folder = await TestFolder.create({ "text.db": "This is not a database at all." });
  const path = folder.join("a.db");
  {
    using store = new SqliteDocumentStore(path, "one");
    store.save([chunk("/a", 0, { last: true })]);
    throws(() => store.search(Float32Array.of(1), 1), /3 dimensions, the model gave 1/);
  }
  const other = new DatabaseSync(folder.join("other.db"));
  other.exec("CREATE TABLE notes (text)");
  other.close();
  const cases: [() => SqliteDocumentStore, RegExp][] = [
    [
      () => new SqliteDocumentStore(path, "two"),
      /vectors of the model "one", and this run uses "two"/,
    ],
    [() => SqliteDocumentStore.openExisting(folder.join("none.db"), "one"), /There is no database/],
    [() => new SqliteDocumentStore(folder.join("text.db"), "one"), /file is not a database/],
    [() => new SqliteDocumentStore(folder.join("other.db"), "one"), /database of another program/],
    [
      () => new SqliteDocumentStore(folder.join("no/such/a.db"), "one"),
      /unable to open database file/,
    ],
    [() => new SqliteDocumentStore(folder.path, "one"), /unable to open database file/],
  ];
  for (const [open, message] of cases) {
    throws(open, (error) => error instanceof StoreError && message.test(error.message));
  }
});

test("SqliteDocumentStore refuses a file of another format", async () => {
  await using folder = await TestFolder.create();
  const path = folder.join("a.db");
  new SqliteDocumentStore(path, "one").close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  throws(() => new SqliteDocumentStore(path, "one"), /has format 99, this program has 2/);
});

test("SqliteDocumentStore finds each document once where that is asked for", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  for (const path of ["/a", "/b", "/c"]) {
    store.save([0, 1, 2].map((position) => chunk(path, position, { last: position === 2 })));
  }
  const found = store.search(Float32Array.of(1, 0, 0), 3, { onePerDocument: true });
  deepEqual(found.map(({ path }) => path).sort(), ["/a", "/b", "/c"]);
  deepEqual(found.map(({ score }) => score.toFixed(3)), ["1.000", "1.000", "1.000"]);
  const all = store.search(Float32Array.of(1, 0, 0), 4);
  deepEqual(new Set(all.map(({ path }) => path)).size, 3);
});

test("SqliteDocumentStore puts vectors and words together, above the floor, and finds no zeros", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  store.save([
    chunk("/near", 0, { text: "river", vector: Float32Array.of(1, 0, 0), last: true }),
    chunk("/word", 0, { text: "the flume", vector: Float32Array.of(1, 1, 0), last: true }),
    chunk("/far", 0, { text: "boat", vector: Float32Array.of(-1, 0, 0), last: true }),
    chunk("/zero", 0, { text: "flume", vector: Float32Array.of(0, 0, 0), last: true }),
  ]);
  const wanted = Float32Array.of(1, 0, 0);
  deepEqual(store.search(wanted, 9).map(({ path }) => path), ["/near", "/word"]);
  const byWords = store.search(wanted, 9, { text: "Flume?" }).map(({ path }) => path);
  deepEqual(byWords, ["/word", "/near"]);
  deepEqual(store.search(wanted, 9, { minScore: 0.9 }).map(({ path }) => path), ["/near"]);
  deepEqual(store.search(Float32Array.of(0, 0, 0), 9, { text: "flume" }), []);
});

test("two that write one document leave it incomplete, or as one of them wrote it", async () => {
  await using folder = await TestFolder.create();
  const path = folder.join("a.db");
  using one = new SqliteDocumentStore(path, "m");
  using other = new SqliteDocumentStore(path, "m");
  const version = (hash: string, count: number) =>
    Array.from(
      { length: count },
      (_, at) =>
        chunk("/a", at, {
          hash,
          text: `${hash} ${at}`,
          input: `${hash} ${at}`,
          last: at === count - 1,
        }),
    );
  const [long, short] = [version("long", 6), version("short", 3)];

  one.save(long.slice(0, 2));
  other.save(short.slice(0, 2));
  one.save(long.slice(2));
  // Two of its chunks have been replaced.
  equal(one.isUnchanged("/a", "long"), false);
  deepEqual(other.save(short.slice(2)), [{ path: "/a", completes: true }]);
  equal(other.isUnchanged("/a", "short"), true);
  deepEqual(one.search(Float32Array.of(1, 0, 0), 9).map(({ text }) => text).sort(), [
    "short 0",
    "short 1",
    "short 2",
  ]);
  deepEqual(one.count(), { documents: 1, chunks: 3 });
});

test("SqliteDocumentStore remembers vectors and refusals by what the embedder has seen", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  equal(store.recall("one"), undefined);
  store.refuse("one", "too long");
  store.refuse("one", "again");
  deepEqual(store.recall("one"), { refusal: "too long" });
  store.save([chunk("/a", 0, { input: "two", vector: Float32Array.of(3, 4, 0), last: true })]);
  const known = store.recall("two");
  ok(known !== undefined && "vector" in known);
  deepEqual(Array.from(known.vector, (value) => value.toFixed(2)), ["0.60", "0.80", "0.00"]);
  store.deleteDocument("/a");
  equal(store.recall("two"), undefined);
});

test("SqliteDocumentStore refuses arguments that are not valid", () => {
  throws(() => new SqliteDocumentStore("", "m"), /path must be a non-empty string/);
  throws(() => new SqliteDocumentStore("a.db", ""), /model must be a non-empty string/);
});

test("SqliteDocumentStore sums up what it holds, and names what is not whole", async () => {
  await using folder = await TestFolder.create();
  using store = new SqliteDocumentStore(folder.join("a.db"), "m");
  const empty = { documents: 0, chunks: 0, incomplete: 0, refused: 0, model: "m" };
  deepEqual(store.summary(), { ...empty, dimensions: undefined });
  store.save([chunk("/b", 0), chunk("/b", 1), chunk("/a", 0, { last: true })]);
  store.save([chunk("/c", 0)]);
  store.refuse("some text", "too long");
  deepEqual(store.summary(), {
    documents: 3,
    chunks: 4,
    incomplete: 2,
    refused: 1,
    model: "m",
    dimensions: 3,
  });
  deepEqual(store.incomplete(), ["/b", "/c"]);
});

test("SqliteDocumentStore opens an existing file without the name of its model", async () => {
  await using folder = await TestFolder.create();
  const path = folder.join("a.db");
  throws(() => SqliteDocumentStore.openExisting(path), { code: "NO_STORE" });
  new SqliteDocumentStore(path, "m").close();
  using store = SqliteDocumentStore.openExisting(path);
  equal(store.summary().model, "m");
});

test("SqliteDocumentStore keeps the notes of programs apart from its own settings", async () => {
  await using folder = await TestFolder.create();
  const path = folder.join("a.db");
  {
    using store = new SqliteDocumentStore(path, "m");
    equal(store.note("model"), undefined);
    store.setNote("model", "first");
    store.setNote("model", "second");
  }
  using store = SqliteDocumentStore.openExisting(path, "m");
  deepEqual([store.note("model"), store.summary().model], ["second", "m"]);
});
