// What operators that break a law are made of.

import { StreamingPipeline } from "../../mod.ts";
import type { Law, LawOptions, LawSubject } from "../../src/testing/law_options.ts";

/** An operator, and the one law that it breaks. */
export interface Broken {
  readonly law: Law;
  readonly what: string;
  // deno-lint-ignore no-explicit-any -- the items of each are its own affair
  readonly create: () => LawSubject<any, any>;
  // deno-lint-ignore no-explicit-any -- as above
  readonly options: LawOptions<any, any>;
  readonly message: RegExp;
  /** Takes away what it has left. */
  readonly cleanUp?: () => void;
}

/** What a function of one reads. */
export type Source = AsyncIterable<number>;

/** What it is given besides. */
export type Signalled = { readonly signal?: AbortSignal };

/** What most of them are run on. */
export const ITEMS: readonly number[] = [5, 3, 8, 1];

/** What comes out of most of them. */
export const same = (items: readonly number[]): readonly number[] => items;

/** A function that keeps every law. */
export const pass = (source: Source, options: Signalled): AsyncGenerator<number> =>
  StreamingPipeline.start<number>().map("same", failAtMinus).execute(source, options);

function failAtMinus(item: number): number {
  if (item < 0) throw new Error("the item is bad");
  return item;
}

/** `items` with other methods. */
export function withMethods(
  items: AsyncIterator<number>,
  methods: Partial<AsyncIterator<number>>,
): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => items.next(),
      return: () => items.return!(),
      ...methods,
    }),
  };
}
