/** The body of a response; `undefined` where it is longer than `maxBytes`, of which no more is read. */
export async function readBytes(
  { body }: Response,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // Leaving the loop cancels what is left.
  for await (const chunk of body ?? new Blob().stream()) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}
