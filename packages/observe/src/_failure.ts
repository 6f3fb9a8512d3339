// What is said of failures: never what the item was, nor what it made others say.

import { StreamingError } from "@headrace/pipeline/core";

/** A code as programs write them: one of an error from outside may hold data, or escape sequences. */
const CODE = /^[\w$.:/-]{1,64}$/;

/** The code of what was thrown; the name of an error without one. */
export function codeOf(thrown: unknown): string {
  if (isOfStage(thrown)) return CODE.test(thrown.code) ? thrown.code : "STEP_ERROR";
  const code = readText(thrown, "code");
  return code === undefined || !/^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? nameOf(thrown) : code;
}

/** A failure in a sentence: that of a stage says where, anything else is named. */
export function describeFailure(thrown: unknown): string {
  return isOfStage(thrown) ? thrown.message : codeOf(thrown);
}

/** Of a proxy even this may throw. */
function isOfStage(thrown: unknown): thrown is StreamingError {
  try {
    return thrown instanceof StreamingError;
  } catch {
    return false;
  }
}

function nameOf(thrown: unknown): string {
  const name = readText(thrown, "name");
  return name === undefined || !/^\w{1,64}$/.test(name) ? `a thrown ${typeof thrown}` : name;
}

/** What was thrown may be anything, also what cannot be read. */
function readText(thrown: unknown, property: "code" | "name"): string | undefined {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  try {
    const value = (thrown as Record<string, unknown>)[property];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
