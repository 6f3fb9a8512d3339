/**
 * Bytes as text.
 *
 * @module
 */

/**
 * How many bytes are turned into text in one call: more arguments than that overflow some stacks.
 */
const CHUNK = 8_192;

/** The bytes in base64. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(from, from + CHUNK));
  }
  return btoa(binary);
}

/** The bytes of a text in base64; throws for any other. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
