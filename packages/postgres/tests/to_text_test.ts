import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { createForeignBytes, createForeignDate } from "../../../tests/support/foreign_realm.ts";
import { toText } from "../src/_to_text.ts";

test("bytes and dates of another realm are written as those of this one", () => {
  assertEquals(toText({ name: "a", type: "bytea" }, createForeignBytes([0, 255])), "\\x00ff");
  assertEquals(
    toText({ name: "a", type: "timestamptz" }, createForeignDate(0)),
    "1970-01-01T00:00:00.000Z",
  );
});
