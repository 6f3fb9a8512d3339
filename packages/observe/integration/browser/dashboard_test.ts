// The dashboard in Chromium, with runs that go on when the test says so.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dashboard } from "@headrace/observe/dashboard";
import { Pipeline, StreamingPipeline } from "@headrace/pipeline";
import type { Page } from "playwright-core";
import { test } from "./page.ts";

const INTERVAL_MS = 20;
const TOKEN = "a-token-of-some-length";
const HOSTILE = '<img src="x" onerror="document.title = 1">';

/** A pipeline whose last stage takes an item when it is let. */
function gated() {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const pipeline = StreamingPipeline.start<number>()
    .map("read", (item) => item)
    .map("work", async (item) => {
      if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
      if (item % 4 === 3) throw Object.assign(new Error("secret"), { code: "NO_GOOD" });
      return item;
    }, { concurrencyLimit: 2, errorStrategy: "SKIP_FAILED" })
    .batch("batches", 2);
  return {
    pipeline,
    next: () => waiting.shift()!(),
    open() {
      isOpen = true;
      for (const next of waiting.splice(0)) next();
    },
  };
}

/** What a stage shows, by the names of its figures. */
async function figuresOf(page: Page, key: string): Promise<Record<string, string>> {
  const stage = page.getByRole("list", { name: "Stages" }).locator("li").filter({
    has: page.getByRole("heading", { name: key, exact: true }),
  });
  const names = await stage.locator("dt").allTextContents();
  const values = await stage.locator("dd").allTextContents();
  return Object.fromEntries([
    ["state", await stage.locator(".state").textContent()],
    ...names.map((name, index) => [name, values[index]]),
  ]);
}

/** Waits until a stage shows a figure. */
async function shows(page: Page, key: string, name: string, value: RegExp): Promise<void> {
  for (;;) {
    const figures = await figuresOf(page, key);
    if (value.test(figures[name] ?? "")) return;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

test("a run is shown while it goes on, with what each stage does, and to its end", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS });
  await using server = await board.serve();
  await page.goto(server.url);
  await page.getByText("No run yet.").waitFor();

  const { pipeline, next, open } = gated();
  const run = pipeline.run(Array.from({ length: 40 }, (_, item) => item), {
    observer: board.observe("numbers"),
  });
  const reading = Array.fromAsync(run);
  await page.getByRole("heading", { name: "numbers" }).waitFor();
  await shows(page, "work", "busy", /^2$/);
  deepEqual((await figuresOf(page, "read")).state, "held back");
  deepEqual((await figuresOf(page, "work")).state, "working");
  deepEqual((await figuresOf(page, "batches")).state, "no input");

  next();
  await shows(page, "work", "out", /^1 · [\d.]+\/s$/);
  await shows(page, "batches", "waiting", /^1$/);
  await page.locator("#chart canvas").waitFor();
  match(
    await page.locator("#summary").textContent() ?? "",
    /^running · \d:\d\d · 0 out · 40 in the/,
  );

  open();
  await reading;
  await page.getByText(/^completed · \d:\d\d · 15 out · 40 in the source · trace [0-9a-f]{32}$/)
    .waitFor();
  const work = await figuresOf(page, "work");
  const [, step] = run.metadata().steps;
  deepEqual(
    [work.in, work.out, work.failed, work.state],
    [`${step!.inputCount}`, `${step!.outputCount}`, `${step!.errorCount}`, ""],
  );
  deepEqual(await page.locator("#failures tbody tr").allTextContents(), ["workNO_GOOD10"]);
  ok(!(await page.content()).includes("secret"));
});

test("of several runs, the latest that goes on is shown, or the one that is chosen", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS });
  await using server = await board.serve();
  const runs = ["first", "second"].map((name) => {
    const gate = gated();
    return {
      gate,
      reading: gate.pipeline.executeToArray([0, 1], { observer: board.observe(name) }),
    };
  });
  await Pipeline.start<number[]>().map("half", (item) => item / 2)
    .execute([1, 2, 3], { observer: board.observe("lists") });
  await page.goto(server.url);
  const shown = page.locator("#name");
  await shown.getByText("second").waitFor();
  const buttons = page.getByRole("navigation", { name: "Runs" }).getByRole("button");
  deepEqual(
    (await buttons.allTextContents()).map((text) => text.replace(/ · .*/, "")),
    ["listscompleted", "secondrunning", "firstrunning"],
  );

  await buttons.nth(0).click();
  await shown.getByText("lists").waitFor();
  deepEqual((await figuresOf(page, "half")).in, "3 of 3");
  await buttons.nth(2).focus();
  await page.keyboard.press("Enter");
  await shown.getByText("first").waitFor();
  for (const { gate, reading } of runs) {
    gate.open();
    await reading;
  }
  await page.locator("#summary").getByText(/^completed/).waitFor();
  // The focus stays where it was, though the list is drawn again.
  equal(await buttons.nth(2).evaluate((button) => document.activeElement === button), true);
  equal(await buttons.nth(2).getAttribute("aria-current"), "true");
});

test("what a key or a name says is text, and a failure is shown by its code", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS });
  await using server = await board.serve();
  await StreamingPipeline.start<string>()
    .map(HOSTILE, (text) => JSON.parse(text) as unknown)
    .executeToArray(["secret"], { observer: board.observe(HOSTILE) }).catch(() => {});
  await page.goto(server.url);
  await page.locator("#failure").getByText("failed at item 0: SyntaxError").waitFor();
  equal(await page.locator("#name").textContent(), HOSTILE);
  equal(await page.locator("#stages h4").textContent(), HOSTILE);
  equal(await page.locator("img").count(), 0);
  equal(await page.title(), "Headrace");
  ok(!(await page.content()).includes("secret"));
});

test("a page with a token shows runs, and forgets it from its address", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS, token: TOKEN, basePath: "/ops" });
  await using server = await board.serve();
  await StreamingPipeline.start<number>().executeToArray([1], { observer: board.observe("one") });
  const [address] = server.url.split("?");
  const refused = await page.goto(address!);
  equal(refused!.status(), 403);
  await page.goto(server.url);
  await page.getByRole("heading", { name: "one" }).waitFor();
  equal(page.url(), address);
});

test("a page says that its server is gone, and goes on when it is back", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS });
  const server = await board.serve();
  const port = Number(new URL(server.url).port);
  await page.goto(server.url);
  const connection = page.getByRole("status");
  await connection.getByText("live").waitFor();
  await server.close();
  await connection.getByText("connection lost, trying again").waitFor();
  const other = dashboard({ intervalMs: INTERVAL_MS });
  await using _server = await other.serve({ port });
  await StreamingPipeline.start<number>().executeToArray([1], { observer: other.observe("again") });
  await connection.getByText("live").waitFor();
  await page.getByRole("heading", { name: "again" }).waitFor();
});

test("the page fits each width, by day and by night", async (page) => {
  const board = dashboard({ intervalMs: INTERVAL_MS });
  await using server = await board.serve();
  const { pipeline, open } = gated();
  const long = "a name of a run that is much longer than anybody would want it to be ".repeat(3);
  const reading = pipeline.executeToArray([0, 1, 2, 3], { observer: board.observe(long) });
  for (const width of [1280, 768, 375, 320]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.goto(server.url);
      await page.locator("#chart canvas").waitFor();
      equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }
  }
  open();
  await reading;
});
