// Starts the servers, each in a process of its own.

import { findBun, findNode20, findNode24, findWorkerd } from "../../../../tools/binaries.ts";
import { transform } from "esbuild";

const FOLDER = new URL("../", import.meta.url);
const BUILD = new URL("../../../../.build/http/", import.meta.url);
// It runs in a process of its own, which the first test would take for one of its own.
await transform("");

const WORKERD_FLAGS = ["--experimental"];

/** A server that runs. */
export interface Server extends AsyncDisposable {
  /** 0 where it listens to none. */
  readonly port: number;
  /** What it has written to its standard error so far. */
  readonly stderr: () => string;
  /** All that it has printed, when it has ended. */
  readonly stdout: () => Promise<string>;
  readonly kill: (signal: Deno.Signal) => void;
  readonly ended: Promise<Deno.CommandStatus>;
}

/** What a server is started with. */
export interface Program {
  readonly name: string;
  readonly start: () => Promise<Server>;
}

/** A program of `servers/` on Deno. */
export function onDeno(name: string, file: string, args: readonly string[] = []): Program {
  const config = path(new URL("deno.json", FOLDER));
  return {
    name,
    start: () =>
      spawn(Deno.execPath(), [
        "run",
        "-A",
        "--config",
        config,
        path(new URL(file, FOLDER)),
        ...args,
      ]),
  };
}

/** A program of `servers/` on Bun. */
export function onBun(name: string, file: string, args: readonly string[] = []): Program {
  return { name, start: async () => spawn(await findBun(), [await bundle(file), ...args]) };
}

/** A program of `servers/` on Node 20 or 24. */
export function onNode(
  name: string,
  file: string,
  { version, args = [] }: { readonly version: 20 | 24; readonly args?: readonly string[] },
): Program {
  const find = version === 20 ? findNode20 : findNode24;
  return { name, start: async () => spawn(await find(), [await bundle(file), ...args]) };
}

/** What a Worker is started with. */
export interface WorkerOptions {
  /** @default {"servers/worker.ts"} */
  readonly file?: string;
  readonly usesSignal: boolean;
  readonly flags: readonly string[];
}

/** A Worker in workerd. */
export function onWorkerd(
  name: string,
  { file = "servers/worker.ts", usesSignal, flags }: WorkerOptions,
): Program {
  return {
    name,
    start: async () => {
      const module = await bundle(file, "browser");
      const port = findFreePort();
      const config = path(new URL(`${file.replace("/", "_")}_${usesSignal}.capnp`, BUILD));
      const listed = flags.map((flag) => JSON.stringify(flag)).join(", ");
      await Deno.writeTextFile(
        config,
        `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "${module.split("/").at(-1)}")],
  bindings = [(name = "USES_SIGNAL", json = "${usesSignal}")],
  compatibilityDate = "2026-07-30",
  compatibilityFlags = [${listed}],
);
`,
      );
      const server = await spawn(await findWorkerd(), ["serve", ...WORKERD_FLAGS, config], port);
      await untilListening(port);
      return server;
    },
  };
}

/** Runs a program to its end on Deno, and reads what it prints. */
export async function runDeno<T>(file: string, args: readonly string[]): Promise<T> {
  return await readResult(await onDeno("", file, args).start());
}

/** As {@linkcode runDeno}, on Bun. */
export async function runBun<T>(file: string, args: readonly string[]): Promise<T> {
  return await readResult(await onBun("", file, args).start());
}

/** As {@linkcode runDeno}, on Node. */
export async function runNode<T>(
  file: string,
  args: readonly string[],
  version: 20 | 24,
): Promise<T> {
  return await readResult(await onNode("", file, { version, args }).start());
}

/** Asks a Worker, and reads what it answers. */
export async function runWorkerd<T>(file: string, query: string): Promise<T> {
  await using server = await onWorkerd("", { file, usesSignal: false, flags: [] }).start();
  return await (await fetch(`http://127.0.0.1:${server.port}/${query}`)).json();
}

/** Reads what a program prints last; it has ended then. */
export async function readResult<T>(server: Server): Promise<T> {
  await using running = server;
  await running.ended;
  const result = /^RESULT (.*)$/m.exec(await running.stdout())?.[1];
  if (result === undefined) throw new Error(`It printed no result: ${running.stderr()}`);
  return JSON.parse(result);
}

const bundles = new Map<string, Promise<string>>();

function bundle(file: string, platform: "deno" | "browser" = "deno"): Promise<string> {
  const found = bundles.get(file) ?? makeBundle(file, platform);
  bundles.set(file, found);
  return found;
}

/** One module with everything that it imports, for runtimes that have no import map. */
async function makeBundle(file: string, platform: "deno" | "browser"): Promise<string> {
  await Deno.mkdir(BUILD, { recursive: true });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", platform, "--config", "deno.json", file],
    cwd: FOLDER,
  }).output();
  if (code !== 0) throw new Error(`Bundling ${file} failed:\n${decode(stderr)}`);
  // Node 20 and workerd do not know `using` yet.
  const lowered = await transform(decode(stdout), { target: "es2022", format: "esm" });
  const output = path(new URL(file.replace("/", "_").replace(/ts$/, "mjs"), BUILD));
  await Deno.writeTextFile(output, lowered.code);
  return output;
}

async function spawn(command: string, args: readonly string[], port?: number): Promise<Server> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let stderr = "";
  const readErrors = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) stderr += text;
  })();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let stdout = "";
  // A server says where it listens, another program that it has begun, or what its result is.
  while (port === undefined) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${command} has ended: ${stdout}${stderr}`);
    stdout += value;
    const found = /^(?:PORT (\d+)|READY|RESULT .*)$/m.exec(stdout);
    if (found !== null) port = Number(found[1] ?? 0);
  }
  const readRest = (async () => {
    for (let read = await lines.next(); !read.done; read = await lines.next()) stdout += read.value;
  })();
  let isOver = false;
  const ended = child.status.then((status) => {
    isOver = true;
    return status;
  });
  return {
    port,
    stderr: () => stderr,
    stdout: async () => {
      await readRest;
      return stdout;
    },
    ended,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill("SIGKILL");
      await Promise.all([ended, readErrors, readRest]);
    },
  };
}

function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

function path(url: URL): string {
  return decodeURIComponent(url.pathname);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
