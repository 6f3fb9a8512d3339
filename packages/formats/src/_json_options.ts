// The options of what reads JSON, checked and filled in.

import { type BadRecordOptions, requireDecoderOptions } from "./_decoder.ts";
import type { JsonRules } from "./_json.ts";
import { readLimit, requireChoice } from "./_options.ts";
import { readSchema } from "./_schema.ts";

const DEFAULT_MAX_LENGTH = 1_048_576;

/** Deeper than what people write, and no danger to code that calls itself for each level. */
const DEFAULT_MAX_DEPTH = 100;

const OWN_OPTIONS = ["maxLength", "maxDepth", "exactNumbers", "schema"];

/**
 * What a record of JSON may be.
 *
 * @category JSON
 */
export interface JsonRecordOptions extends BadRecordOptions {
  /** The longest record, in characters: a positive integer or `Infinity`. @default {1_048_576} */
  readonly maxLength?: number | undefined;
  /** How deep arrays and objects may nest: a positive integer or `Infinity`. @default {100} */
  readonly maxDepth?: number | undefined;
  /**
   * Whether a number that a JavaScript number would change, such as one of 20 digits or `1e400`, becomes
   * text, as it is written. @default {false}
   */
  readonly exactNumbers?: boolean | undefined;
}

/** The resolved options of `format`. */
export function readJsonOptions(
  format: string,
  options: JsonRecordOptions & { readonly schema?: unknown },
): Omit<JsonRules, "errorFor"> & { readonly maxLength: number } {
  requireDecoderOptions(format, options, OWN_OPTIONS);
  const { maxLength, maxDepth, exactNumbers = false } = options;
  requireChoice(format, "exactNumbers", exactNumbers, [true, false]);
  return {
    maxLength: readLimit(format, "maxLength", maxLength, DEFAULT_MAX_LENGTH),
    maxDepth: readLimit(format, "maxDepth", maxDepth, DEFAULT_MAX_DEPTH),
    exactNumbers,
    schema: readSchema(format, options.schema),
  };
}
