// Finds or installs Chromium and runs a bundle in a page of it.

import { chromium as launcher } from "playwright-core";
import { installPackage } from "./apt.ts";
import { type Counts, readBundleRun } from "./outcome.ts";
import { run } from "./process.ts";
import { watchLines } from "./watchdog.ts";

const PACKAGE = "chromium-headless-shell";
const TIMEOUT_MS = 900_000;
const LOOK_EVERY_MS = 1_000;

/** Any origin does: every request to it is answered from the bundle's folder. */
const ORIGIN = "http://localhost/";
const PAGE =
  `<!doctype html><title>Headrace</title><script type="module" src="suite.mjs"></script>`;

/** Path of the Debian package's program, installed if need be; `undefined` where that fails. */
export async function findChromium(): Promise<string | undefined> {
  const installed = await which(PACKAGE);
  if (installed !== undefined) return installed;
  return await installPackage(PACKAGE) ? await which(PACKAGE) : undefined;
}

/** Runs `suite.mjs` of `folder` in a fresh page. */
export async function runInChromium(
  executablePath: string,
  folder: string,
  graceMs?: number,
): Promise<Counts> {
  const browser = await launcher.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--log-level=3"],
  });
  try {
    const page = await browser.newPage();
    const suite = await Deno.readTextFile(`${folder}suite.mjs`);
    await page.route(`${ORIGIN}**`, (route) => {
      const isSuite = route.request().url().endsWith("suite.mjs");
      return route.fulfill(
        isSuite
          ? { contentType: "text/javascript", body: suite }
          : { contentType: "text/html", body: PAGE },
      );
    });

    const lines: string[] = [];
    const ended = Promise.withResolvers<string | undefined>();
    const { watch } = watchLines(graceMs);
    const look = (line?: string) => {
      const reason = watch(line);
      if (reason !== undefined) ended.resolve(reason);
    };
    page.on("console", (message) => {
      const line = message.text();
      lines.push(line);
      look(line);
      if (line.startsWith("HEADRACE-RESULT ")) ended.resolve(undefined);
    });
    page.on("pageerror", (error) => lines.push(String(error)));
    const started = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - started < TIMEOUT_MS) return look();
      ended.resolve("stopped for taking too long");
    }, LOOK_EVERY_MS);
    // A page that loops is never loaded.
    await page.goto(ORIGIN, { waitUntil: "commit" });
    const stopped = await ended.promise;
    clearInterval(timer);
    const stdout = lines.join("\n");
    return readBundleRun({ code: 0, stdout, stderr: "", ...(stopped && { stopped }) });
  } finally {
    await browser.close();
  }
}

async function which(program: string): Promise<string | undefined> {
  const found = await run("which", [program]).catch(() => undefined);
  return found?.code === 0 ? found.stdout.trim() : undefined;
}
