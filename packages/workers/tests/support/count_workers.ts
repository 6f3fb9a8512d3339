// Counts the workers that are started and ended, and what is sent to them, on any runtime.

/** What has happened since counting began. */
export interface WorkerCounts {
  started: number;
  ended: number;
  /** Messages with items. */
  runs: number;
}

interface AnyWorker {
  postMessage(message: unknown, transfer?: object[]): void;
  terminate(): unknown;
}

type WorkerClass = new (...parameters: unknown[]) => AnyWorker;

interface Platform {
  Worker?: WorkerClass;
  process?: { getBuiltinModule?: (name: string) => unknown };
}

/** Runs `body` while the workers of the platform are counted. */
export async function countWorkers(body: (counts: WorkerCounts) => Promise<void>): Promise<void> {
  const counts: WorkerCounts = { started: 0, ended: 0, runs: 0 };
  const platform = globalThis as unknown as Platform;
  const { Worker, process } = platform;
  if (Worker !== undefined) {
    platform.Worker = counted(Worker, counts);
    return await body(counts).finally(() => platform.Worker = Worker);
  }
  const getBuiltinModule = process!.getBuiltinModule!;
  const threads = getBuiltinModule("node:worker_threads") as { readonly Worker: WorkerClass };
  const countedThreads = { Worker: counted(threads.Worker, counts) };
  process!.getBuiltinModule = (name) =>
    name === "node:worker_threads" ? countedThreads : getBuiltinModule(name);
  await body(counts).finally(() => process!.getBuiltinModule = getBuiltinModule);
}

function counted(Worker: WorkerClass, counts: WorkerCounts): WorkerClass {
  return class extends Worker {
    #isEnded = false;

    constructor(...parameters: unknown[]) {
      super(...parameters);
      counts.started++;
    }

    override postMessage(message: unknown, transfer?: object[]): void {
      if ((message as { readonly type: string }).type === "headrace:run") counts.runs++;
      super.postMessage(message, transfer);
    }

    override terminate(): unknown {
      if (!this.#isEnded) counts.ended++;
      this.#isEnded = true;
      return super.terminate();
    }
  };
}
