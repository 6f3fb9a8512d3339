// Things that user code hands over to be read, each of which says whether it was let go of as it must
// be.

import { StreamingPipeline } from "../../mod.ts";

const COUNT = 3;
const DONE = { done: true, value: undefined } as const;

/** What was handed over, and what was done to it. */
export class Handed {
  readonly form: Form;
  /** The thing itself, typed as the one kind that is easiest to hand on. */
  readonly given: AsyncIterable<number>;
  /** Items asked for. */
  pulls = 0;
  /** Calls of `return()` or `cancel()`. */
  closed = 0;
  /** What `cancel()` was given. */
  readonly reasons: unknown[] = [];
  /** Whether an iterator was made of it; what is an iterator already counts from the start. */
  isOpen: boolean;
  #isOver = false;
  #wasOverAtClose = false;

  constructor(form: Form) {
    this.form = form;
    this.isOpen = form.isOwned;
    this.given = form.create(this) as AsyncIterable<number>;
  }

  /** What is wrong, if anything is. */
  get fault(): string | undefined {
    if (this.closed > 1) return `${this.form.name} was closed ${this.closed} times`;
    if (this.#wasOverAtClose) return `${this.form.name} was closed after its end`;
    if (this.isOpen && !this.#isOver && this.closed === 0) {
      return `${this.form.name} was left open after ${this.pulls} pulls`;
    }
    return undefined;
  }

  /** The next of three numbers. */
  pull(): IteratorResult<number, undefined> {
    this.isOpen = true;
    return this.pulls++ < COUNT ? { done: false, value: this.pulls } : DONE;
  }

  /** Takes note of what its reader gets. */
  tell<T extends { readonly done?: boolean | undefined }>(result: T): T {
    this.#isOver ||= result.done === true;
    return result;
  }

  /** Takes note of a closing. */
  close(): typeof DONE {
    this.closed++;
    this.#wasOverAtClose ||= this.#isOver;
    return DONE;
  }
}

/** One form in which many items can be handed over. */
export interface Form {
  readonly name: string;
  /** Whether it must be closed though it was never pulled: what can be opened again must not. */
  readonly isOwned: boolean;
  readonly create: (handed: Handed) => unknown;
}

const createIterator = (handed: Handed) => ({
  next: () => handed.tell(handed.pull()),
  return: () => handed.close(),
});

const createAsyncIterator = (handed: Handed) => ({
  next() {
    const answer = Promise.resolve(handed.pull());
    answer.then((result) => handed.tell(result));
    return answer;
  },
  return: () => Promise.resolve(handed.close()),
});

function createStream(handed: Handed): ReadableStream<number> {
  return new ReadableStream({
    pull(controller) {
      const result = handed.pull();
      handed.tell(result);
      if (result.done) controller.close();
      else controller.enqueue(result.value);
    },
    cancel(reason) {
      handed.reasons.push(reason);
      handed.close();
    },
  }, { highWaterMark: 0 });
}

/** A generator tells of its end by itself; that it is closed is seen at its `return`. */
function observe<T extends Iterator<unknown> | AsyncIterator<unknown>>(
  generator: T,
  handed: Handed,
): T {
  const next = generator.next.bind(generator) as () => ReturnType<T["next"]>;
  generator.next = () => {
    const result = next();
    if (result instanceof Promise) result.then((result) => handed.tell(result));
    else handed.tell(result as IteratorResult<unknown>);
    return result as never;
  };
  const close = generator.return!.bind(generator);
  generator.return = (value?: unknown) => {
    handed.close();
    return close(value) as never;
  };
  return generator;
}

function* generate(handed: Handed) {
  for (let result = handed.pull(); !result.done; result = handed.pull()) yield result.value;
}

async function* generateAsync(handed: Handed) {
  for (let result = handed.pull(); !result.done; result = handed.pull()) {
    yield await Promise.resolve(result.value);
  }
}

/** Every form. */
export const FORMS: readonly Form[] = [
  { name: "a web stream", isOwned: true, create: createStream },
  {
    name: "an async generator",
    isOwned: true,
    create: (handed) => observe(generateAsync(handed), handed),
  },
  { name: "a generator", isOwned: true, create: (handed) => observe(generate(handed), handed) },
  {
    name: "an async iterator",
    isOwned: true,
    create: (handed) => {
      const iterator = createAsyncIterator(handed);
      return { ...iterator, [Symbol.asyncIterator]: () => iterator };
    },
  },
  {
    name: "an iterator",
    isOwned: true,
    create: (handed) => {
      const iterator = createIterator(handed);
      return { ...iterator, [Symbol.iterator]: () => iterator };
    },
  },
  {
    name: "an async iterable",
    isOwned: false,
    create: (handed) => ({ [Symbol.asyncIterator]: () => open(handed, createAsyncIterator) }),
  },
  {
    name: "an iterable",
    isOwned: false,
    create: (handed) => ({ [Symbol.iterator]: () => open(handed, createIterator) }),
  },
  {
    name: "a run over a web stream",
    isOwned: true,
    create: (handed) =>
      StreamingPipeline.start<number>().map("same", (item) => item).execute(createStream(handed)),
  },
];

function open<T>(handed: Handed, create: (handed: Handed) => T): T {
  handed.isOpen = true;
  return create(handed);
}
