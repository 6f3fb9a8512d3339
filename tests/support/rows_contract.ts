// What `upsertRows()`, `upsertMany()` and `rowsByKey()` do over every database, as a suite: the tests of
// each package call it with a host that has a table `mills` with the columns `id`, its key, `name`, which
// is not null, and `wheels`.

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Operator, StreamingError, StreamingPipeline } from "../../src/core/mod.ts";
import type { PositionedSource } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";

/** Options of `upsertRows()` besides its table. */
export interface UpsertOptions {
  readonly key?: string | readonly string[];
  readonly columns?: readonly string[];
  readonly update?: "all" | "none" | readonly string[];
  readonly size?: number;
  readonly errorStrategy?: "FAIL_FAST" | "SKIP_FAILED" | "SPLIT_ERRORS";
}

/** A database with an empty table `mills`. */
export interface RowsHost extends AsyncDisposable {
  /** `upsertRows()` over the table. */
  upsert(options: UpsertOptions): Operator<object, object>;
  /** `upsertMany()` over the table with its key, in a transaction. */
  upsertMany(rows: readonly object[]): Promise<void>;
  /** The rows of the table, by `id`. */
  read(): object[] | Promise<object[]>;
  /** Deletes all rows. */
  clear(): void | Promise<void>;
  /** `rowsByKey()` over the table, by `id`. */
  open(): PositionedSource<object, unknown>;
}

/** How a database refuses rows. */
export interface Refusals {
  /** The code for a row without a name. */
  readonly code: string;
  /** The end of the message about it. */
  readonly reason: string;
  /** Further rows that it refuses, each with the text `secret`. */
  readonly secrets: readonly object[];
}

const BROOK = { id: 1, name: "Brook" };
const NAMELESS = { id: 2, name: null };

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

/** Holds what writes and reads rows of the hosts of `create` to the contract of each database. */
export function testRows(create: () => Promise<RowsHost>, refusals: Refusals): void {
  const testHost = (title: string, body: (host: RowsHost) => Promise<void>) =>
    test(title, async () => {
      await using host = await create();
      await body(host);
    });
  const save = (host: RowsHost, options: UpsertOptions = {}) =>
    StreamingPipeline.start<object>().use("saved", host.upsert({ key: "id", ...options }));

  testHost("upsertRows() inserts, updates, and emits the rows in order", async (host) => {
    await save(host).executeToArray([{ ...BROOK, wheels: 1 }]);
    const rows = [{ id: 2, name: "Ford", wheels: 2 }, { id: 1, name: "Weir", wheels: null }];
    assertEquals(await save(host).executeToArray(rows), rows);
    assertEquals(await host.read(), rows.toReversed());
  });

  testHost("upsertRows() ends as a plain loop of statements does, whatever comes", async (host) => {
    const row = fc.record({
      id: fc.integer({ min: 0, max: 5 }),
      name: fc.option(fc.constantFrom("a", "b")),
      wheels: fc.option(fc.nat(3)),
    }, { requiredKeys: ["id", "name"] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (rows, size) => {
          await host.clear();
          const expected = new Map<number, object>();
          const good = rows.filter(({ name }) => name !== null);
          for (const row of good) {
            expected.set(row.id, { wheels: null, ...expected.get(row.id), ...row });
          }

          const saving = save(host, { size, errorStrategy: "SKIP_FAILED" });
          assertEquals(await saving.executeToArray(rows), good);
          const ordered = [...expected].toSorted(([a], [b]) => a - b);
          assertEquals(await host.read(), ordered.map(([, row]) => row));
        },
      ),
      { numRuns: 60 },
    );
  });

  testHost(
    "upsertRows() fails with the first bad row, after those before it have come out",
    async (host) => {
      const rows = [BROOK, NAMELESS, { id: 3, name: "Ford" }];
      const seen: object[] = [];
      const failing = save(host).executeForEach(rows, (row) => void seen.push(row));
      const error = await assertRejects(() => failing, StreamingError);
      assertEquals(error.code, refusals.code);
      assertInstanceOf(error.cause, Error);
      assertEquals(error.cause.name, "RowError");
      assertEquals(error.cause.message, `Cannot write the row: ${refusals.reason}`);
      assertEquals(seen, [BROOK]);
      assertEquals((await host.read()).length, 2);
    },
  );

  testHost("upsertRows() updates the columns that its options name", async (host) => {
    await save(host).executeToArray([{ ...BROOK, wheels: 1 }]);
    const row = { id: 1, name: "Weir", wheels: 5, note: "not a column" };
    const columns = ["id", "name", "wheels"];
    await save(host, { columns, update: ["wheels"] }).executeToArray([row]);
    assertEquals(await host.read(), [{ ...BROOK, wheels: 5 }]);
    await save(host, { columns, update: "none" }).executeToArray([{ ...row, wheels: 6 }]);
    assertEquals(await host.read(), [{ ...BROOK, wheels: 5 }]);
    await save(host).executeToArray([{ id: 1, name: "Ford" }]);
    assertEquals(await host.read(), [{ id: 1, name: "Ford", wheels: 5 }]);
  });

  testHost("upsertRows() fails rows of the wrong columns, each for itself", async (host) => {
    const rows: unknown[] = [{ name: "no key" }, [], null, {}, BROOK];
    const messages: string[] = [];
    await save(host, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(rows as object[], {
      errorsTo: ({ error }) =>
        void messages.push(`${error.code}: ${(error.cause as Error).message}`),
    });
    assertEquals(messages, [
      'WRONG_COLUMNS: Cannot write the row: it has no "id", which is in its key',
      "WRONG_COLUMNS: Cannot write the row: it must be an object, and is an array",
      "WRONG_COLUMNS: Cannot write the row: it must be an object, and is null",
      "WRONG_COLUMNS: Cannot write the row: it has no properties, which are its columns",
    ]);
    assertEquals((await host.read()).length, 1);
  });

  testHost("upsertRows() shows no value of a row in a message", async (host) => {
    const secrets = [
      { id: 1, name: ["secret"] },
      { id: 1n << 70n, name: "secret" },
      { id: "secret", name: "a" },
      ...refusals.secrets,
    ];
    const shown: string[] = [];
    await save(host, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(secrets, {
      errorsTo: ({ error }) => void shown.push(error.message, (error.cause as Error).message),
    });
    assertEquals(shown.length, 2 * secrets.length);
    assertEquals(shown.filter((text) => text.includes("secret")), []);
  });

  testHost(
    "upsertMany() throws what is wrong with the first bad row, and writes none",
    async (host) => {
      const error = await assertRejects(() => host.upsertMany([BROOK, NAMELESS]), Error);
      assertEquals([error.name, (error as { code?: string }).code], ["RowError", refusals.code]);
      await assertRejects(
        () => host.upsertMany([{ id: 1, name: undefined }]),
        Error,
        'column "name" is undefined',
      );
      await assertRejects(() => host.upsertMany({} as never), TypeError, "an array");
      assertEquals(await host.read(), []);
      await host.upsertMany([BROOK, { id: 1, name: "Ford" }]);
      assertEquals(await host.read(), [{ id: 1, name: "Ford", wheels: null }]);
    },
  );

  testHost("upsertRows() refuses options that are not valid", (host) => {
    const refuse = (options: object, message: string) =>
      assertThrows(() => host.upsert(options), Error, message);
    refuse({ table: "" }, 'table must be a non-empty string, got ""');
    refuse({ key: [] }, "key must be the name of a column, or an array of some, got an array");
    refuse({ update: "none" }, "update needs key, the columns that tell rows apart");
    refuse({ key: "id", update: "some" }, 'update must be "all", "none" or an array of columns');
    refuse({ key: "id", columns: ["name"] }, 'columns must have "id", which is in key or update');
    refuse({ columns: ["a", "a"] }, "columns must be different, and one is listed twice");
    refuse({ size: 0 }, "size must be a positive integer, got 0");
    refuse({ batch: 5 }, 'unknown option "batch"');
    return Promise.resolve();
  });

  testHost(
    "rowsByKey() ends when it is left, and fails when its signal is aborted",
    async (host) => {
      await host.upsertMany([BROOK, { id: 2, name: "Ford" }]);
      const source = host.open();
      for await (const _ of source.open(undefined, new AbortController().signal)) break;
      await host.clear();
      await host.upsertMany([BROOK, { id: 2, name: "Ford" }]);

      const controller = new AbortController();
      const reason = new Error("enough");
      const reading = (async () => {
        for await (const _ of source.open(undefined, controller.signal)) controller.abort(reason);
      })();
      assertEquals(await reading.catch((error) => error), reason);
    },
  );
}
