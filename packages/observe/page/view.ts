// The parts of the page. All text goes in as text: nothing that comes is read as HTML.

import type { RunSnapshot, StageSnapshot } from "../src/dashboard/snapshot.ts";
import type { StageRates } from "./rates.ts";

/** The element of an id, which the page has. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Shows one run: its head, its stages and its failures. */
export function showRun(run: RunSnapshot, rates: readonly StageRates[]): void {
  find("empty").hidden = true;
  find("details").hidden = false;
  find("name").textContent = run.name;
  find("summary").textContent = summarize(run);
  const failure = find("failure");
  failure.hidden = run.failure === undefined;
  failure.textContent = run.failure ?? "";
  find("stages").replaceChildren(
    ...run.stages.map((stage, index) => createStage(stage, rates[index], run.isOver)),
  );
  showFailures(run.stages);
}

/** What a run says of itself in one line. */
export function summarize(
  { status, durationMs, outputCount, sourceCount, traceId }: RunSnapshot,
): string {
  const of = sourceCount === undefined ? "" : ` · ${formatCount(sourceCount)} in the source`;
  return `${status} · ${formatClock(durationMs)} · ${
    formatCount(outputCount)
  } out${of} · trace ${traceId}`;
}

/** What a stage does. */
export function stateOf({ stalledOn, busyCount, inputCount }: StageSnapshot): string {
  if (stalledOn === "downstream") return inputCount > 0 ? "held back" : "";
  if (stalledOn === "upstream") return "no input";
  return busyCount > 0 ? "working" : "";
}

function createStage(
  stage: StageSnapshot,
  rates: StageRates | undefined,
  isOver: boolean,
): HTMLElement {
  const state = stateOf(stage);
  const classes = { working: state === "working", held: state === "held back" };
  const item = create(
    "li",
    Object.keys(classes).filter((name) => classes[name as keyof typeof classes]),
  );
  if (stage.errorCount > 0) item.classList.add("failed");
  const head = create("h4", [], stage.key);
  const what = create("div", ["what"]);
  what.append(create("span", [], stage.operator ?? ""), create("span", ["state"], state));
  const total = stage.totalCount === undefined ? "" : ` of ${formatCount(stage.totalCount)}`;
  const rows: [name: string, value: string, isBad?: boolean][] = [
    ["in", formatCount(stage.inputCount) + total + formatRate(rates?.inPerSecond)],
    ["out", formatCount(stage.outputCount) + formatRate(rates?.outPerSecond)],
  ];
  if (!isOver) {
    rows.push(["busy", formatCount(stage.busyCount)], ["waiting", formatCount(stage.waitingCount)]);
  }
  if (stage.droppedCount > 0) rows.push(["dropped", formatCount(stage.droppedCount)]);
  if (stage.errorCount > 0) rows.push(["failed", formatCount(stage.errorCount), true]);
  if (stage.retryCount > 0) rows.push(["retried", formatCount(stage.retryCount)]);
  if (stage.abandonedCount > 0) rows.push(["given up", formatCount(stage.abandonedCount)]);
  if (stage.p50Ms !== undefined && stage.p95Ms !== undefined) {
    rows.push(["p50, p95", `${formatMs(stage.p50Ms)}, ${formatMs(stage.p95Ms)}`]);
  }
  const list = create("dl", []);
  for (const [name, value, isBad] of rows) {
    list.append(create("dt", [], name), create("dd", isBad ? ["bad"] : [], value));
  }
  item.append(head, what, list, ...isOver ? [] : [createQueue(stage)]);
  return item;
}

/** How much of what is in flight is worked on, and how much waits. */
function createQueue({ busyCount, waitingCount }: StageSnapshot): HTMLElement {
  const queue = create("div", ["queue"]);
  const all = busyCount + waitingCount;
  const label = `${busyCount} busy, ${waitingCount} waiting`;
  queue.setAttribute("role", "img");
  queue.setAttribute("aria-label", label);
  for (const count of [busyCount, waitingCount]) {
    const part = document.createElement("i");
    part.style.width = all === 0 ? "0" : `${count * 100 / all}%`;
    queue.append(part);
  }
  return queue;
}

function showFailures(stages: readonly StageSnapshot[]): void {
  const rows = stages.flatMap(({ key, codes }) =>
    Object.entries(codes).map(([code, count]) => {
      const row = document.createElement("tr");
      row.append(...[key, code, formatCount(count)].map((text) => create("td", [], text)));
      return row;
    })
  );
  const table = find<HTMLTableElement>("failures");
  table.tBodies[0]!.replaceChildren(...rows);
  table.hidden = rows.length === 0;
  find("no-failures").hidden = rows.length > 0;
}

/** An element with classes and a text. */
export function create(tag: string, classes: readonly string[], text?: string): HTMLElement {
  const element = document.createElement(tag);
  element.classList.add(...classes);
  if (text !== undefined) element.textContent = text;
  return element;
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined) return "";
  return ` · ${perSecond >= 100 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;
}

function formatMs(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms >= 10 ? 0 : 2)} ms`;
}

/** A time as on a clock: 0:35, 1:02:03. */
export function formatClock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = `${seconds % 60}`.padStart(2, "0");
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${`${minutes}`.padStart(2, "0")}:${tail}`;
}
