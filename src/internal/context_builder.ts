import { complaint } from "./validation.ts";

/** What builds the context of a run where `start` was given nothing: an object of its own. */
export const createEmptyContext = (): object => ({});

/** What builds the contexts of a pipeline that was started with `given`. */
export function resolveContextBuilder(given: (() => unknown) | undefined): () => unknown {
  if (given === undefined) return createEmptyContext;
  if (typeof given === "function") return given;
  const subject = { operator: "start a pipeline" };
  const hint = "; items are given to execute";
  throw new TypeError(complaint(subject, "contextBuilder", "a function", given) + hint);
}
