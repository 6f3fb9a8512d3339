// The page in Chromium, against a shop that answers when the test says so.

import { deepEqual } from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { Shop } from "./shop.ts";

const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium-headless-shell";
/** Nothing here waits for a span of time; what has not come by then does not come. */
const HANG_MS = 60_000;

interface Session {
  readonly shop: Shop;
  readonly page: Page;
  /** Types a query in place of the last one. */
  search(query: string): Promise<void>;
  /** Waits until the list shows these names, and the status is this one. */
  shows(status: string, ...names: readonly string[]): Promise<void>;
}

type Body = (session: Session) => Promise<void>;

function test(title: string, body: Body, entry?: string): void {
  const fn = () => run(body, entry);
  // The browser's pipe is Playwright's own affair.
  Deno.test({ name: title, sanitizeOps: false, sanitizeResources: false, fn });
}

async function run(body: Body, entry: string | undefined): Promise<void> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const hang = Promise.withResolvers<never>();
  const timer = setTimeout(() => hang.reject(new Error("The page did not get there")), HANG_MS);
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    await using shop = await Shop.open(entry);
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(shop.url);
    await Promise.race([
      hang.promise,
      body({
        shop,
        page,
        search: (query) => page.getByRole("textbox").fill(query),
        async shows(status, ...names) {
          await page.getByRole("status").getByText(status, { exact: true }).waitFor();
          deepEqual(await page.getByRole("listitem").allTextContents(), names);
        },
      }),
    ]);
    await page.close();
    deepEqual(problems, []);
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

test("hits come in order, four at a time, as they are loaded", async ({ shop, search, shows }) => {
  await search("mill");
  await shop.until("/api/search?q=mill");
  shop.answer("/api/search?q=mill", [1, 2, 3, 4, 5]);
  await shop.until(...[1, 2, 3, 4].map((id) => `/api/products/${id}`));

  shop.answer("/api/products/2", { id: 2, name: "second" });
  await shop.until(...[1, 3, 4, 5].map((id) => `/api/products/${id}`));
  shop.answer("/api/products/1", { id: 1, name: "first" });
  await shows("running: 2", "first", "second");

  for (const id of [3, 4, 5]) shop.answer(`/api/products/${id}`, { id, name: `no. ${id}` });
  await shows("completed: 5", "first", "second", "no. 3", "no. 4", "no. 5");
});

test("a new query aborts what the last one loads", async ({ shop, search, shows }) => {
  await search("mill");
  await shop.until("/api/search?q=mill");
  shop.answer("/api/search?q=mill", [1, 2]);
  await shop.until("/api/products/1", "/api/products/2");

  await search("gate");
  await shop.until("/api/search?q=gate");
  shop.answer("/api/search?q=gate", [3]);
  await shop.until("/api/products/3");
  shop.answer("/api/products/3", { id: 3, name: "gate" });
  await shows("completed: 1", "gate");
});

test("closing the results aborts what they load", async ({ shop, page, search }) => {
  await search("mill");
  await shop.until("/api/search?q=mill");
  shop.answer("/api/search?q=mill", [1]);
  await shop.until("/api/products/1");

  await page.getByRole("button", { name: "Close" }).click();
  await shop.until();
  deepEqual(await page.getByRole("status").count(), 0);
});

test("a component that comes, goes and comes again begins one run", async (session) => {
  const { shop, search, shows } = session;
  // React's StrictMode does that to each component, in its build for development.
  await search("mill");
  await shop.until("/api/search?q=mill");
  shop.answer("/api/search?q=mill", []);
  await shows("completed: 0");
  deepEqual(shop.asked, ["/api/search?q=mill"]);
});

test("what has failed twice is shown, after what came before", async ({ shop, search, shows }) => {
  await search("mill");
  await shop.until("/api/search?q=mill");
  shop.answer("/api/search?q=mill", [1, 2]);
  await shop.until("/api/products/1", "/api/products/2");
  shop.answer("/api/products/1", { id: 1, name: "first" });
  shop.answer("/api/products/2", {}, 503);
  await shop.until("/api/products/2");
  shop.answer("/api/products/2", {}, 503);
  await shows(
    `StreamingError: Stage "product" failed at item 1 after 2 attempts: HTTP_503`,
    "first",
  );
});

test("no render has the state of a run that another one has replaced", async ({ page }) => {
  await page.getByRole("button", { name: "completed: first" }).click();
  await page.getByRole("button", { name: "completed: second" }).waitFor();

  const renders = await page.evaluate(() =>
    (globalThis as unknown as { renders: unknown }).renders
  );
  const second = (renders as string[]).filter((render) => render.startsWith("second"));
  deepEqual([second[0], second.filter((render) => render.endsWith("first"))], [
    "second is running: ",
    [],
  ]);
}, "tests/renders.tsx");
