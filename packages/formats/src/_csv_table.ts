// The names of the fields of CSV, and what comes out for a record.

import type { ToRecord } from "./_csv_reader.ts";
import { BadRecord, type ErrorFor } from "./_decoder.ts";
import type { FormatError } from "./format_error.ts";
import { show } from "./_options.ts";

/** A record and its position, which the errors of a schema name. */
export interface Numbered {
  readonly number: number;
  readonly value: string[] | Record<string, string>;
}

/** The names of the fields, or what makes them of the first record. */
type Names = readonly string[] | ((fields: readonly string[]) => unknown) | undefined;

/** What a record is. */
export interface TableRules {
  readonly names: Names;
  readonly isRagged: boolean;
  /** Whether what comes out is {@linkcode Numbered}. */
  readonly isNumbered: boolean;
  readonly errorFor: ErrorFor;
}

/** Gives the fields of each record their names. */
export class CsvTable {
  /** Why there are no names. */
  failure: FormatError | undefined;
  #names: Names;
  readonly #rules: TableRules;

  constructor(rules: TableRules) {
    this.#rules = rules;
    this.#names = rules.names;
  }

  readonly errorFor: ErrorFor = (...given) => {
    const error = this.#rules.errorFor(...given);
    if (typeof this.#names === "function") this.failure ??= error;
    return error;
  };

  readonly toRecord: ToRecord<unknown> = (fields, number) => {
    const names = this.#names;
    if (typeof names === "function") {
      const found = names(fields);
      const rule = isList(found)
        ? findFault(found)
        : "the function header must return a list of names";
      if (rule !== undefined) return this.errorFor("INVALID_HEADER", rule, number);
      this.#names = [...found as readonly string[]];
      return undefined;
    }
    const { isRagged, isNumbered } = this.#rules;
    if (names !== undefined && fields.length !== names.length && !isRagged) {
      const rule = `it must have ${names.length} fields, as the header has, got ${fields.length}`;
      return new BadRecord(this.errorFor("WRONG_FIELD_COUNT", rule, number), fields);
    }
    const value = names === undefined ? fields : toObject(names, fields);
    return isNumbered ? { number, value } : value;
  };
}

function toObject(names: readonly string[], fields: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index < names.length; index++) record[names[index]!] = fields[index] ?? "";
  return record;
}

/** The option `header`; throws where it is none. */
export function readNames(header: unknown): Names {
  if (header === undefined || header === false) return undefined;
  if (header === true) return (fields) => fields;
  if (typeof header === "function") return header as Exclude<Names, readonly string[]>;
  if (!isList(header)) {
    const rule = "true, false, a list of names, or a function that makes one";
    throw new TypeError(`Cannot make csv(): header must be ${rule}, got ${show(header)}`);
  }
  const fault = findFault(header);
  if (fault === undefined) return [...header];
  throw new TypeError(`Cannot make csv(): header cannot be used: ${fault}`);
}

/** What is wrong with names; their own text may be anything, and is not shown. */
function findFault(names: readonly string[]): string | undefined {
  const places = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const first = places.get(name);
    if (first !== undefined) {
      const what = name === "" ? "are empty" : "are the same";
      return `the names of its fields must differ, and those of ${first + 1} and ${index + 1} ` +
        `${what}: header may be a function that makes others`;
    }
    places.set(name, index);
  }
  // Assigning to it sets no property.
  if (places.has("__proto__")) return "no field must have the name __proto__";
  return undefined;
}

function isList(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.length > 0 &&
    names.every((name) => typeof name === "string");
}
