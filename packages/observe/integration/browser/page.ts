// A page of Chromium for a test, which fails where the page has a problem of its own.

import { deepEqual } from "node:assert/strict";
import { chromium, type Page } from "playwright-core";

const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium-headless-shell";
/** Nothing here waits for a span of time: what has not come by then never comes. */
const HANG_MS = 60_000;

/** Registers a test with a page. */
export function test(title: string, body: (page: Page) => Promise<void>): void {
  // The browser's pipe is Playwright's own affair.
  Deno.test({ name: title, sanitizeOps: false, sanitizeResources: false, fn: () => run(body) });
}

async function run(body: (page: Page) => Promise<void>): Promise<void> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const hang = Promise.withResolvers<never>();
  const timer = setTimeout(() => hang.reject(new Error("The page did not get there")), HANG_MS);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_MS);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await Promise.race([hang.promise, body(page)]);
    await page.close();
    deepEqual(problems, []);
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}
