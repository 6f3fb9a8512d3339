import { parse } from "jsonc-parser";
import { bundle } from "./bundle.ts";
import { findWorkerd } from "./find_workerd.ts";
import type { Counters } from "./service.ts";

/** How {@linkcode Workerd.start} sets things up. */
export interface WorkerdOptions {
  /** Variables beside, or in place of, those of wrangler.jsonc. */
  readonly vars?: Readonly<Record<string, number | string>>;
  /** Whether the Worker has a binding to the service of the tests. @default {true} */
  readonly binding?: boolean;
  /** Flags of the JavaScript engine. */
  readonly v8Flags?: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);
const COUNTER_READS_PER_CHECK = 200;
const MAX_COUNTER_READS = 2_000;

const wrangler = parse(await Deno.readTextFile(new URL("wrangler.jsonc", ROOT)));
const [workerd, worker, service] = await Promise.all([
  findWorkerd(),
  bundle(new URL("worker.ts", ROOT)),
  bundle(new URL("tests/helpers/service.ts", ROOT)),
]);

/** A workerd process with the Worker, set up as wrangler.jsonc says, and the service of the tests. */
export class Workerd implements AsyncDisposable {
  /** Where the Worker listens. */
  readonly url: string;
  readonly #serviceUrl: string;
  readonly #process: Deno.ChildProcess;
  readonly #log: Log;

  private constructor(process: Deno.ChildProcess, ports: Ports, log: Log) {
    this.#process = process;
    this.#log = log;
    this.url = `http://127.0.0.1:${ports.worker}/`;
    this.#serviceUrl = `http://127.0.0.1:${ports.service}/`;
  }

  static async start(options: WorkerdOptions = {}): Promise<Workerd> {
    const config = await Deno.makeTempFile({ suffix: ".capnp" });
    try {
      await Deno.writeTextFile(config, describeConfig(options));
      const process = new Deno.Command(workerd, {
        args: ["serve", "--control-fd=1", config],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const log = new Log(process.stderr);
      return new Workerd(process, await readPorts(process, log), log);
    } finally {
      await Deno.remove(config);
    }
  }

  /** Memory of the process, in bytes. Linux only. */
  async rssBytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#process.pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  async counters(): Promise<Counters> {
    return await (await fetch(this.#serviceUrl)).json();
  }

  /** Reads the counters until they are as `isReached` wants them. */
  async until(isReached: (counters: Counters) => boolean): Promise<Counters> {
    for (let reads = 0;; reads++) {
      const counters = await this.counters();
      if (isReached(counters)) return counters;
      if (reads === MAX_COUNTER_READS) {
        throw new Error(`Not reached: ${isReached}, at last ${JSON.stringify(counters)}`);
      }
    }
  }

  /** Waits until the process has logged `text`. */
  async untilLogged(text: string): Promise<void> {
    await this.until(() => this.#log.text.includes(text));
  }

  /**
   * Resolves when `read` gives the same value before and after a good number of answers of the
   * process: what it could do, it has done by then.
   */
  async untilStill<T>(read: () => T): Promise<T> {
    for (;;) {
      const before = read();
      for (let reads = 0; reads < COUNTER_READS_PER_CHECK; reads++) await this.counters();
      if (read() === before) return before;
    }
  }

  /** Ends the process and returns what it has logged. */
  async stop(): Promise<string> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself; its log says why.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#process.status;
    await this.#log.ended;
    return this.#log.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** What a process writes, as far as it has come. */
class Log {
  text = "";
  readonly ended: Promise<void>;

  constructor(output: ReadableStream<Uint8Array>) {
    this.ended = this.#read(output);
  }

  async #read(output: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of output) this.text += decoder.decode(chunk, { stream: true });
  }
}

interface Ports {
  readonly worker: number;
  readonly service: number;
}

/** The process reports each socket on its standard output, as one JSON object per line. */
async function readPorts(process: Deno.ChildProcess, log: Log): Promise<Ports> {
  const ports: Record<string, number> = {};
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of process.stdout) {
    output += decoder.decode(chunk, { stream: true });
    for (const [, socket = "", port] of output.matchAll(/"socket":"(\w+)","port":(\d+)/g)) {
      ports[socket] = Number(port);
    }
    const { worker, service } = ports;
    if (worker !== undefined && service !== undefined) return { worker, service };
  }
  await log.ended;
  throw new Error(`workerd did not start: ${log.text}`);
}

/** The configuration of the process, in Cap'n Proto's text form: its strings are as those of JSON. */
function describeConfig({ vars = {}, binding = true, v8Flags = [] }: WorkerdOptions): string {
  const bindings = Object.entries({ ...wrangler.vars, ...vars })
    .map(([name, value]) => `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`);
  if (binding) bindings.push(`(name = "SERVICE", service = "service")`);
  const describeWorker = (code: string, own: string) =>
    `(
    modules = [(name = "main.js", esModule = ${text(code)})],
    compatibilityDate = ${text(wrangler.compatibility_date)},
    compatibilityFlags = [${wrangler.compatibility_flags.map(text)}], ${own}
  )`;
  const describeSocket = (name: string) =>
    `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = ${describeWorker(worker, `bindings = [${bindings}],`)}),
    (name = "service", worker = ${describeWorker(service, "")}),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [${describeSocket("worker")}, ${describeSocket("service")}],
  v8Flags = [${v8Flags.map(text)}],
);
`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
