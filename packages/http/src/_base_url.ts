/** What a relative URL is resolved against: the address of the page, where there is one. */
export function baseUrl(): string | undefined {
  return (globalThis as { location?: { href?: string } }).location?.href;
}
