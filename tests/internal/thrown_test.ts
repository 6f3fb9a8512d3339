import { assert, assertEquals } from "@std/assert";
import { causesOf, isError, messageOf, nameOf, readProperty } from "../../src/internal/thrown.ts";
import { test } from "../harness.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";

test("whatever was thrown can be looked at", () => {
  for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
    const thrown = make();
    assert(messageOf(thrown) !== "", name);
    assert(nameOf(thrown) !== "", name);
    assert(Array.from(causesOf(thrown)).length <= 100, name);
    assertEquals(typeof isError(thrown), "boolean", name);
  }
});

test("a property that cannot be read is absent", () => {
  const throwing = {
    get code(): never {
      throw new Error("no");
    },
  };

  assertEquals(readProperty(throwing, "code"), undefined);
  assertEquals(["text", 1, null, undefined, () => {}].map((it) => readProperty(it, "name")), [
    ...Array(5).fill(undefined),
  ]);
});

test("what was thrown is said in a few words", () => {
  const said: [unknown, string, string][] = [
    [new RangeError("too much"), "too much", "RangeError"],
    [new RangeError(""), "RangeError", "RangeError"],
    [Object.assign(new Error(), { name: undefined }), "Error", "Error"],
    [new DOMException("stopped", "AbortError"), "stopped", "AbortError"],
    ["disk full", "disk full", "it threw string"],
    ["", "threw an empty string", "it threw string"],
    [null, "null", "it threw null"],
    [undefined, "undefined", "it threw undefined"],
    [42, "42", "it threw number"],
    [Symbol("no"), "Symbol(no)", "it threw symbol"],
    [() => {}, "threw a function", "it threw function"],
    [{ message: "no route" }, "no route", "it threw object"],
    [{ message: 1 }, "threw an object", "it threw object"],
    [[], "threw an object", "it threw object"],
  ];

  assertEquals(said.map(([thrown]) => [thrown, messageOf(thrown), nameOf(thrown)]), said);
});

test("an error of another realm is known by what it carries", () => {
  const foreign = Object.assign(Object.create(null), {
    name: "RangeError",
    message: "too much",
    stack: "RangeError: too much\n    at elsewhere",
  });

  assert(isError(foreign));
  assertEquals(nameOf(foreign), "RangeError");
  // An item that was thrown is none, and its data does not reach a message.
  assertEquals(nameOf({ name: "Ada", message: "hello" }), "it threw object");
});
