/**
 * What a pull answers with in place of an item.
 *
 * @module
 */

/** Nothing more will come. */
export const END: unique symbol = Symbol("end");

/** No item is available yet. */
export const WAIT: unique symbol = Symbol("wait");
