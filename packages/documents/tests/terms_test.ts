import { deepEqual, ok } from "node:assert/strict";
import { termsOf } from "@headrace/documents";
import { test } from "../../../tests/harness.ts";

function textsOf(text: string, kind: string): string[] {
  return [...termsOf(text)].filter((term) => term.kind === kind).map(({ text }) => text);
}

test("termsOf() finds words between spaces, with their marks, in lower case", () => {
  deepEqual(textsOf("The MILL’s wheel — naïve, हिन्दी!", "word"), [
    "the",
    "mill",
    "s",
    "wheel",
    "naïve",
    "हिन्दी",
  ]);
});

test("termsOf() finds words of scripts without spaces, and pairs of their characters", () => {
  const text = "環境変数をkeyに保存";
  ok(textsOf(text, "unspaced").includes("保存"));
  deepEqual(textsOf(text, "word"), ["key"]);
  deepEqual(textsOf(text, "pair"), ["環境", "境変", "変数", "数を", "に保", "保存"]);
});

test("termsOf() finds nothing in a text without words", () => {
  deepEqual([...termsOf("✨ 🎉 ★ — — — \u0301")], []);
});
