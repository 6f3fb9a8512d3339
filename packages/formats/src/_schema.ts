// Records that a Standard Schema checks.

import type { SchemaIssue, StandardSchema } from "@headrace/pipeline";
import type { ErrorFor } from "./_decoder.ts";
import { FormatError } from "./format_error.ts";
import { show } from "./_options.ts";

/** A schema as it was given; throws where it is none. */
export function readSchema(
  format: string,
  schema: unknown,
): StandardSchema<unknown, unknown> | undefined {
  if (schema === undefined) return undefined;
  const isHolder = (typeof schema === "object" && schema !== null) || typeof schema === "function";
  const standard = isHolder ? (schema as Partial<StandardSchema>)["~standard"] : undefined;
  if (typeof standard?.validate === "function") return schema as StandardSchema<unknown, unknown>;
  throw new TypeError(
    `Cannot make ${format}(): schema must be a Standard Schema, as those of zod, valibot and arktype are, ` +
      `got ${show(schema)}`,
  );
}

/** The value that a schema makes of `value`. */
export function check(
  schema: StandardSchema<unknown, unknown>,
  value: unknown,
  createError: (issues: readonly SchemaIssue[]) => FormatError,
): unknown {
  const result = schema["~standard"].validate(value);
  const read = (result: Awaited<ReturnType<typeof schema["~standard"]["validate"]>>) => {
    if (result.issues !== undefined) throw createError(result.issues);
    return result.value;
  };
  return "then" in result ? result.then(read) : read(result);
}

/** The error for a record with these issues. Their messages may show the value: they stay apart. */
export function createInvalid(
  issues: readonly SchemaIssue[],
  errorFor: ErrorFor,
  record: number,
): FormatError {
  const path = issues[0]?.path ?? [];
  const keys = path.map((key) => typeof key === "object" ? String(key.key) : String(key));
  const where = keys.length === 0 ? "" : `, the first at "${keys.join(".")}"`;
  const rule = `it must match its schema (issues: ${issues.length}${where})`;
  const { message, code, format } = errorFor("INVALID_VALUE", rule, record);
  return new FormatError(message, { code, format, record, issues });
}
