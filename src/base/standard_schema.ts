/**
 * The part of Standard Schema, version 1 (https://standardschema.dev), that is used here: the type of
 * any validator that follows it.
 *
 * @module
 */

/**
 * A validator of values.
 *
 * @typeParam TInput The type of what it takes.
 * @typeParam TOutput The type of what it makes of it.
 * @category Registry
 */
export interface StandardSchema<TInput = unknown, TOutput = TInput> {
  /** What the specification asks for. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** The validator's name. */
    readonly vendor: string;
    /** Checks a value. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<TOutput> | Promise<SchemaResult<TOutput>>;
    /** Never there at run time. */
    readonly types?: { readonly input: TInput; readonly output: TOutput } | undefined;
  };
}

/**
 * What a validator makes of a value.
 *
 * @category Registry
 */
export type SchemaResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * What is wrong with a value, and where in it.
 *
 * @category Registry
 */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** The way to the place, from the outside; absent where it is the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
