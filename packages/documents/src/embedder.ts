/**
 * Makes vectors of texts: {@linkcode HttpEmbedder}, {@linkcode LexicalEmbedder}, or one of your own.
 *
 * @category Embedding
 */
export interface Embedder {
  /** Names what makes the vectors: those of two models cannot be compared. */
  readonly model: string;
  /**
   * One vector for each text, in the same order, all of one length. That of a text in which there
   * is nothing to compare is all zeros.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}
