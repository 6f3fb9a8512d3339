// The page of the dashboard: shows the runs that the server sends, and one of them in full.

import type { RunSnapshot, Update } from "../src/dashboard/snapshot.ts";
import { Chart } from "./chart.ts";
import { Rates } from "./rates.ts";
import { create, find, formatClock, showRun } from "./view.ts";

interface Watched {
  run: RunSnapshot;
  readonly rates: Rates;
}

const runs = new Map<number, Watched>();
const chart = new Chart(find("chart"));
/** The run that was chosen to be shown. */
let chosen: number | undefined;

function take({ runs: changed, ids, notShown }: Update): void {
  for (const run of changed) {
    const watched = runs.get(run.id) ?? { run, rates: new Rates() };
    watched.run = run;
    watched.rates.add(run);
    runs.set(run.id, watched);
  }
  for (const id of runs.keys()) if (!ids.includes(id)) runs.delete(id);
  if (chosen !== undefined && !runs.has(chosen)) chosen = undefined;
  const more = find("not-shown");
  more.hidden = notShown === 0;
  more.textContent = `${notShown} more are not shown`;
  show();
}

function show(): void {
  showList();
  const id = shownId();
  const watched = id === undefined ? undefined : runs.get(id);
  if (watched === undefined) return;
  const { run, rates } = watched;
  showRun(run, run.isOver ? [] : rates.latest);
  // Of a run that was over when the page was opened there are no rates.
  find("rates").hidden = rates.times.length === 0;
  if (rates.times.length > 0) chart.draw(run.id, run.stages.map(({ key }) => key), rates);
}

/** The run that was chosen; else the latest that goes on, or the latest. */
function shownId(): number | undefined {
  if (chosen !== undefined) return chosen;
  const latest = [...runs.values()].map(({ run }) => run).sort((left, right) => right.id - left.id);
  return (latest.find(({ isOver }) => !isOver) ?? latest[0])?.id;
}

/** Buttons are kept, so that the focus stays where it is. */
function showList(): void {
  const list = find("runs");
  const shown = shownId();
  const sorted = [...runs.values()].sort((left, right) => right.run.id - left.run.id);
  const rows = sorted.map(({ run: { id, name, status, durationMs } }) => {
    const row = list.querySelector<HTMLElement>(`[data-run="${id}"]`) ?? createRow(id);
    const button = row.querySelector("button")!;
    button.setAttribute("aria-current", String(id === shown));
    button.children[0]!.textContent = name;
    button.children[1]!.textContent = `${status} · ${formatClock(durationMs)}`;
    return row;
  });
  const isSame = rows.length === list.children.length &&
    rows.every((row, index) => row === list.children[index]);
  if (!isSame) list.replaceChildren(...rows);
}

function createRow(id: number): HTMLElement {
  const row = create("li", []);
  row.dataset.run = String(id);
  const button = create("button", []);
  button.append(create("span", []), create("span", []));
  button.addEventListener("click", () => {
    chosen = id;
    show();
  });
  row.append(button);
  return row;
}

function connect(): void {
  const connection = find("connection");
  const say = (text: string, isLost: boolean) => {
    connection.textContent = text;
    connection.classList.toggle("lost", isLost);
  };
  const events = new EventSource("events");
  events.addEventListener("open", () => {
    // A server that was started again begins its ids anew.
    runs.clear();
    say("live", false);
  });
  events.addEventListener("update", ({ data }) => take(JSON.parse(data)));
  events.addEventListener("error", () => {
    const isOver = events.readyState === EventSource.CLOSED;
    say(isOver ? "the dashboard is closed" : "connection lost, trying again", true);
  });
}

connect();
