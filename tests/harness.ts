// One way to write a test for every runtime: Deno's own runner under Deno, a list of our own
// elsewhere. A test fails when its body does, when it never settles, and when anything it started
// is rejected or throws with nobody to catch it.

/** What a test does: plain or async. */
export type TestBody = () => void | Promise<void>;

/** Options of one test. */
export interface TestOptions {
  /**
   * Real milliseconds after which a test that has not settled fails. It keeps a hang from stopping
   * the suite and says nothing about speed.
   *
   * @default 20_000
   */
  readonly hangAfterMs?: number;
}

/** One failed test. */
export interface TestFailure {
  readonly title: string;
  readonly message: string;
}

/** What a run of all tests came to. */
export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly TestFailure[];
}

/** A body, and what a test knows of it. */
export interface Test {
  readonly title: string;
  readonly body: TestBody;
  readonly hangAfterMs: number;
}

/** The test that begins, or nothing when it has ended. */
export type Note = (begun: Pick<Test, "title" | "hangAfterMs"> | undefined) => void;

interface DenoRunner {
  test(title: string, body: () => Promise<void>): void;
  readonly permissions: {
    querySync(descriptor: { name: "env"; variable: string }): { readonly state: string };
  };
  readonly env: { get(name: string): string | undefined };
  writeTextFileSync(path: string, text: string): void;
}

interface NodeProcess {
  on(event: string, listener: (error: unknown) => void): void;
}

const HANG_AFTER_MS = 20_000;

/** How long the end of a run waits for rejections that surface late. */
const LATE_MS = 50;

// Taken before any test can put a clock of its own in their place.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

// A task without the millisecond that a timer takes; not on every runtime.
const { setImmediate: startTask } = globalThis as {
  setImmediate?: (callback: (value?: undefined) => void) => void;
};

const denoRunner = (globalThis as { Deno?: DenoRunner }).Deno;
const nodeProcess = (globalThis as { process?: Partial<NodeProcess> }).process;

/** A folder for {@linkcode createNote}: where it is given, another process watches the tests. */
const NOTES_VARIABLE = "HEADRACE_TESTS";

const registered: Test[] = [];
const escaped: unknown[] = [];
let running = false;

/** Registers a test. Titles are sentences; where a law is tested, its number stands in front. */
export function test(title: string, body: TestBody, options: TestOptions = {}): void {
  const entry = { title, body, hangAfterMs: options.hangAfterMs ?? HANG_AFTER_MS };
  if (denoRunner === undefined) registered.push(entry);
  else denoRunner.test(title, () => runNoted(entry, note ??= createNote(denoRunner)));
}

/**
 * Runs what was registered, one test after the other, on a runtime without a runner of its own.
 * `note` is called before and after each.
 */
export async function runTests(note: Note): Promise<TestRun> {
  const failures: TestFailure[] = [];
  for (const entry of registered) {
    try {
      await runNoted(entry, note);
    } catch (error) {
      failures.push({ title: entry.title, message: describe(error) });
    }
  }
  const passed = registered.length - failures.length;
  const late = await findLateEscapes();
  if (late !== undefined) failures.push(late);
  return { passed, failed: failures.length, failures };
}

/** What has escaped so far, on purpose: the test does not fail for it. */
export async function takeMeantEscapes(): Promise<readonly unknown[]> {
  await surface();
  return escaped.splice(0);
}

let note: Note | undefined;

/** Keeps a file with the test that runs, for a process that watches this one. */
function createNote(deno: DenoRunner): Note {
  const permission = { name: "env", variable: NOTES_VARIABLE } as const;
  if (deno.permissions.querySync(permission).state !== "granted") return () => {};
  const folder = deno.env.get(NOTES_VARIABLE);
  if (folder === undefined) return () => {};
  const file = `${folder}/${crypto.randomUUID()}`;
  return (begun) => deno.writeTextFileSync(file, begun === undefined ? "" : JSON.stringify(begun));
}

async function runNoted(entry: Test, note: Note): Promise<void> {
  const { title, hangAfterMs } = entry;
  note({ title, hangAfterMs });
  try {
    await runGuarded(entry);
  } finally {
    note(undefined);
  }
}

/** Runs a body as a test: it fails for whatever goes wrong, the reasons in one error. */
export async function runGuarded({ title, body, hangAfterMs }: Test): Promise<void> {
  const problems: unknown[] = [];
  let guard: ReturnType<typeof setTimeout> | undefined;
  const hung = new Promise<never>((_, reject) => {
    guard = startTimer(
      () => reject(new Error(`Test "${title}" has not settled within ${hangAfterMs} ms`)),
      hangAfterMs,
    );
  });
  running = true;
  try {
    await Promise.race([(async () => await body())(), hung]);
  } catch (error) {
    problems.push(error);
  }
  stopTimer(guard);
  await surface();
  running = false;
  problems.push(...takeEscaped());
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) throw toError(problems.map(describe).join("\n"));
}

/** What surfaced after the last test had ended belongs to the run as a whole. */
async function findLateEscapes(): Promise<TestFailure | undefined> {
  await realDelay(LATE_MS);
  const late = takeEscaped();
  if (late.length === 0) return undefined;
  return { title: "after the last test", message: late.map(describe).join("\n") };
}

function takeEscaped(): Error[] {
  return escaped.splice(0).map((error) => toError(`This was not handled: ${describe(error)}`));
}

/** The stack that tells something is the one inside the message. */
function toError(message: string): Error {
  return Object.assign(new Error(message), { stack: message });
}

/**
 * A rejection is reported as unhandled only once the microtasks have run dry: a task is later.
 * Chromium 156 reports it in a task of its own, which one timer can overtake.
 */
async function surface(): Promise<void> {
  if (startTask !== undefined) return await new Promise((resolve) => startTask(resolve));
  await realDelay(0);
  if ("document" in globalThis) await realDelay(0);
}

function realDelay(ms: number): Promise<void> {
  return new Promise((resolve) => startTimer(resolve, ms));
}

/** Anything can be thrown, also what cannot be looked at. */
function describe(error: unknown): string {
  try {
    return describeError(error);
  } catch {
    return "a value that cannot be read";
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? "";
  const text = stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${stack}`;
  return error.cause === undefined ? text : `${text}\nCaused by: ${describe(error.cause)}`;
}

function watchForEscapes(): void {
  if (denoRunner === undefined && typeof nodeProcess?.on === "function") {
    nodeProcess.on("unhandledRejection", (reason) => escaped.push(reason));
    nodeProcess.on("uncaughtException", (error) => escaped.push(error));
    return;
  }
  globalThis.addEventListener("unhandledrejection", (event) => record(event, event.reason));
  globalThis.addEventListener("error", (event) => record(event, event.error));
}

function record(event: Event, error: unknown): void {
  // Outside a test Deno's runner fails the file itself.
  if (denoRunner !== undefined && !running) return;
  event.preventDefault();
  escaped.push(error);
}

watchForEscapes();
