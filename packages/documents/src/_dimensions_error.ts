/**
 * A vector has another length than those before. It says of a text that it cannot be taken where others
 * still have the length, and otherwise that the model has changed.
 */
export class DimensionsError extends Error {
  constructor(who: string, got: number, before: number) {
    super(`${who} answered with ${got} dimensions, before with ${before}`);
  }
}
