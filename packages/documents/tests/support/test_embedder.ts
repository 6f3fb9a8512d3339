import {
  type Embedder,
  EmbeddingHttpError,
  type KnownText,
  type TextMemory,
} from "@headrace/documents";

/** What is embedded. */
export interface Item {
  readonly text: string;
}

/** Items with these texts. */
export const items = (...texts: string[]): Item[] => texts.map((text) => ({ text }));

/** Remembers its calls; refuses what `refuses` says with the status. */
export class TestEmbedder implements Embedder {
  readonly model = "test";
  readonly calls: (readonly string[])[] = [];
  readonly #refuses: (text: string) => boolean;
  readonly #status: number;

  constructor(refuses: (text: string) => boolean = () => false, status = 400) {
    this.#refuses = refuses;
    this.#status = status;
  }

  embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    this.calls.push(texts);
    if (texts.some(this.#refuses)) {
      const details = { detail: "too long", status: this.#status, headers: new Headers() };
      return Promise.reject(new EmbeddingHttpError(details));
    }
    return Promise.resolve(texts.map(({ length }) => Float32Array.of(1, length)));
  }
}

/** Keeps in a map what it is to remember. */
export class TestMemory implements TextMemory {
  readonly known: Map<string, KnownText> = new Map();

  recall(hash: string): Promise<KnownText | undefined> {
    return Promise.resolve(this.known.get(hash));
  }

  refuse(hash: string, refusal: string): Promise<void> {
    this.known.set(hash, { refusal });
    return Promise.resolve();
  }
}
