import { complaint } from "../internal/validation.ts";

/** Throws a `TypeError` unless `name` is a non-empty string. */
export function requireStepName(name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  throw new TypeError(complaint({ operator: "create step" }, "name", "a non-empty string", name));
}
