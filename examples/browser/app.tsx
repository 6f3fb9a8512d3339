import { type ReactNode, useCallback, useState } from "react";
import { products } from "./products.ts";
import { useRun } from "./use_run.ts";

/** The products that a query finds. */
function Results({ query }: { readonly query: string }): ReactNode {
  const start = useCallback(
    (signal: AbortSignal) => products.execute(query, { signal }),
    [query],
  );
  const { items, status, error } = useRun(start);
  return (
    <section>
      <p role="status">{status === "failed" ? String(error) : `${status}: ${items.length}`}</p>
      <ol>{items.map(({ id, name }) => <li key={id}>{name}</li>)}</ol>
    </section>
  );
}

/** A search that can be closed while it runs. */
export function App(): ReactNode {
  const [query, setQuery] = useState("");
  return (
    <main>
      <label>
        Search <input value={query} onChange={({ target }) => setQuery(target.value)} />
      </label>
      <button type="button" onClick={() => setQuery("")}>Close</button>
      {query !== "" && <Results query={query} />}
    </main>
  );
}
