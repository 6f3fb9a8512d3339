import { assertEquals } from "@std/assert";
import { test } from "./harness.ts";

test("test() runs a plain body", () => {
  assertEquals(1 + 1, 2);
});
