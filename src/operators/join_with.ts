import type { OtherSource } from "../base/types.ts";
import type { JoinRow } from "../sources/join.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { checkJoinOptions, join, type JoinOptions } from "../sources/join.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/**
 * Pairs each item of the stream, on the left, with the items of another source that have its key.
 *
 * With `strategy: "hash"`, the side named by `build`, the other source by default, is read to its
 * end and held in memory, up to `maxItems`; then the stream flows past it. With `"sorted"`, both
 * sides come sorted by key, and only the items of one key are held. With `kind: "left"`, items of
 * the stream without a match come out as well. A failure surfaces after the pairs before it, and
 * the other side is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @typeParam TJoinKey The type of the keys that are compared.
 * @typeParam TKind Which rows come out.
 * @param other The other source, or a function that opens one per run.
 * @param options How they are joined.
 * @throws {TypeError | RangeError} When it is used, if `other` or an option is not valid.
 * @category Several streams
 *
 * @example Orders with the cities of their customers
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { joinWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const customers = [{ name: "ada", city: "London" }];
 * const rows = joinWith(customers, {
 *   leftKey: (order: { id: number; customer: string }) => order.customer,
 *   rightKey: (customer) => customer.name,
 *   kind: "inner",
 *   strategy: "hash",
 * });
 * const pipeline = StreamingPipeline.start<{ id: number; customer: string }>()
 *   .use("rows", rows)
 *   .map("line", ([order, customer]) => `${order.id} to ${customer.city}`);
 *
 * const orders = [{ id: 1, customer: "ada" }, { id: 2, customer: "bob" }];
 * assertEquals(await pipeline.executeToArray(orders), ["1 to London"]);
 * ```
 */
export function joinWith<
  TInput,
  TOther,
  TJoinKey,
  TKind extends "inner" | "left",
  TAccumulated = unknown,
  TContext = unknown,
>(
  other: OtherSource<TOther, TAccumulated, TContext>,
  options: JoinOptions<TInput, TOther, TJoinKey, TKind>,
): Operator<TInput, JoinRow<TInput, TOther, TKind>, TAccumulated, TContext> {
  return createOperator("joinWith", (place) => {
    checkJoinOptions(place, options as AnyJoinOptions);
    const combine = (input: AsyncIterable<unknown>, right: unknown) =>
      join(input, right as Iterable<unknown>, options as AnyJoinOptions);
    return { ...createOtherSourceStage(place, other, combine), isResumable: true };
  });
}

type AnyJoinOptions = JoinOptions<unknown, unknown, unknown, "inner" | "left">;
