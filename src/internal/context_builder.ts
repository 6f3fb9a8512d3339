import { requireFunction } from "./validation.ts";

/** What builds the context of a run where `start` was given nothing: an object of its own. */
export const createEmptyContext = (): object => ({});

/** What builds the contexts of a pipeline that was started with `given`. */
export function resolveContextBuilder(given: (() => unknown) | undefined): () => unknown {
  if (given === undefined) return createEmptyContext;
  const hint = "; items are given to execute";
  requireFunction({ operator: "start a pipeline" }, "contextBuilder", given, hint);
  return given;
}
