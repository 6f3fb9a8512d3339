import { StreamingPipeline } from "@headrace/pipeline";

/** A product of the shop. */
export interface Product {
  readonly id: number;
  readonly name: string;
}

/**
 * The products that a query finds: their details are loaded four at a time and come in the order of
 * the hits, in batches of what there is after 20 milliseconds.
 */
export const products: StreamingPipeline<string, Product[]> = StreamingPipeline.start<string>()
  .flatMap("hit", (query, _index, { signal }) => {
    return load<number[]>(`/api/search?q=${encodeURIComponent(query)}`, signal);
  })
  .map("product", (id, _index, { signal }) => load<Product>(`/api/products/${id}`, signal), {
    concurrencyLimit: 4,
    retry: { maxAttempts: 2, backoffMs: 50 },
  })
  .batch("row", { size: 50, maxWaitMs: 20 });

async function load<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal });
  if (response.ok) return await response.json();
  throw Object.assign(new Error(`${path} answered ${response.status}`), {
    status: response.status,
  });
}
