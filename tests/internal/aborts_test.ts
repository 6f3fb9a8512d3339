// What says no more than that the work was aborted, and what says something else.

import { assertEquals } from "@std/assert";
import { isAbortOf } from "../../src/internal/aborts.ts";
import { FailedAttempts } from "../../src/internal/failed_attempts.ts";
import { toStepFailure } from "../../src/internal/step_failure.ts";
import { test } from "../harness.ts";

const REASON = new Error("the reason");
const named = (name: string) => Object.assign(new Error("aborted"), { name });

const ABORTS: Readonly<Record<string, unknown>> = {
  "the reason": REASON,
  "the reason after several attempts": new FailedAttempts(REASON, 3),
  "a step that failed with the reason": toStepFailure("step", REASON),
  "an error with the reason as its cause": new Error("aborted", { cause: REASON }),
  "an AbortError of the platform": new DOMException("aborted", "AbortError"),
  "an AbortError of a library": named("AbortError"),
};

const FAILURES: Readonly<Record<string, unknown>> = {
  "another error": new Error("another"),
  "an error of the same message": new Error(REASON.message),
  "a time-out": named("TimeoutError"),
  "an error with another cause": new Error("aborted", { cause: new Error("another") }),
  "nothing": undefined,
  "another error after several attempts": new FailedAttempts(new Error("another"), 3),
};

for (const [name, thrown] of Object.entries(ABORTS)) {
  test(`${name} says no more than that the work was aborted`, () => {
    assertEquals(isAbortOf(thrown, REASON), true);
  });
}

for (const [name, thrown] of Object.entries(FAILURES)) {
  test(`${name} is a failure of its own, whatever the reason was`, () => {
    for (const reason of [REASON, new DOMException("aborted", "AbortError"), "a text", null]) {
      assertEquals(isAbortOf(thrown, reason), false);
    }
  });
}
