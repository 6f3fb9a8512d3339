// L4 over random chains of stages that are handed streams and iterables in every form, and over every
// way in which a run can end. A failure prints the seed and the smallest scenario that shows it.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createStreamingStep, type StageOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { FORMS, Handed } from "../support/handed.ts";
import { settle, settleMicrotasks } from "../../src/testing/turns.ts";

const RUNS = 500;
/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261127;

const REASON = new Error("thrown by the test");

type Chain = StreamingPipeline<number, number, Record<string, unknown>>;
type Hand = () => AsyncIterable<number>;

const oneEach: StageOptions = { parallel: true, concurrencyLimit: 2 };
const anyOrder: StageOptions = { ...oneEach, ordered: false };
const twice: StageOptions = { retry: { maxAttempts: 2, backoffMs: 0 } };

const hops = async (count: number) => {
  for (let hop = 0; hop < count; hop++) await undefined;
};

const later = (hand: Hand, count: number): Hand => (() => hops(count).then(hand)) as never;

const failing = (hand: Hand) => (item: number): AsyncIterable<number> => {
  if (item % 3 === 2) throw REASON;
  return hand();
};

/** Appends a stage; `hand` gives it something new at each call. */
const STAGES: Readonly<Record<string, (chain: Chain, key: string, hand: Hand) => Chain>> = {
  map: (chain, key) => chain.map(key, (item) => item + 1),
  "map, later": (chain, key) => chain.map(key, async (item) => (await hops(item % 5), item)),
  "map in parallel": (chain, key) =>
    chain.map(key, async (item) => (await hops(item % 7), item), oneEach),
  buffer: (chain, key) => chain.buffer(key, 2),
  checkpoint: (chain, key) => chain.checkpoint(key) as Chain,
  step: (chain, key) =>
    chain.add(key, async function* ({ input }) {
      for await (const item of input) yield item;
    }),
  transform: (chain, key) => chain.through(key, () => new TransformStream<number, number>()),
  take: (chain, key) => chain.take(key, 2),
  "take none": (chain, key) => chain.take(key, 0),
  flatMap: (chain, key, hand) => chain.flatMap(key, hand),
  "flatMap, later": (chain, key, hand) => chain.flatMap(key, later(hand, 5)),
  "flatMap in parallel": (chain, key, hand) => chain.flatMap(key, hand, oneEach),
  "flatMap in parallel, later": (chain, key, hand) => chain.flatMap(key, later(hand, 3), oneEach),
  "flatMap in any order": (chain, key, hand) => chain.flatMap(key, hand, anyOrder),
  "flatMap in any order, later": (chain, key, hand) => chain.flatMap(key, later(hand, 9), anyOrder),
  "flatMap with retry": (chain, key, hand) => chain.flatMap(key, hand, { ...oneEach, ...twice }),
  "flatMap with timeoutMs": (chain, key, hand) =>
    chain.flatMap(key, later(hand, 4), { timeoutMs: 3_600_000 }),
  "flatMap that fails": (chain, key, hand) => chain.flatMap(key, failing(hand), oneEach),
  "flatMap in any order that fails": (chain, key, hand) =>
    chain.flatMap(key, failing(later(hand, 3)), anyOrder),
  "flatMap that leaves items out": (chain, key, hand) =>
    chain.flatMap(key, failing(hand), { ...oneEach, errorStrategy: "SKIP_FAILED" }),
  "step per item": (chain, key, hand) => chain.map(key, createStreamingStep("step", hand), oneEach),
  branch: (chain, key, hand) => {
    const step = createStreamingStep<number, number>("step", hand);
    return chain.branch(key, (item) => item % 2 === 0, step, step);
  },
  "branch in any order, with retry": (chain, key, hand) => {
    const step = createStreamingStep<number, number>("step", hand);
    return chain.branch(key, (item) => item % 2 === 0, step, step, { ...anyOrder, ...twice });
  },
  "step with retry": (chain, key, hand) => chain.add(key, () => hand(), twice),
  mergeWith: (chain, key, hand) => chain.mergeWith(key, hand()),
  concatWith: (chain, key, hand) => chain.concatWith(key, hand),
  "concatWith, later": (chain, key, hand) => chain.concatWith(key, later(hand, 6)),
  interleaveWith: (chain, key, hand) => chain.interleaveWith(key, hand),
  zipWith: (chain, key, hand) => chain.zipWith(key, hand).map(`${key} first`, ([item]) => item),
  groupBy: (chain, key, hand) =>
    chain.groupBy(key, (item) => item % 2, (group) => group.flatMap("many", later(hand, 2))),
  fanOut: (chain, key, hand) =>
    chain.fanOut(key, {
      one: (branch) => branch.concatWith("more", hand),
      two: (branch) => branch.take("one", 1).flatMap("many", hand, oneEach),
    }),
};

interface Scenario {
  readonly stages: readonly string[];
  readonly form: number;
  readonly ending: string;
  /** How many items come out before that, and how many hops pass. */
  readonly after: number;
  readonly wait: number;
}

/** What has once failed. */
const EXAMPLES: readonly Scenario[] = [
  failed("flatMap, later + mergeWith", 0, "a stage fails", 1),
  failed("flatMap, later + mergeWith", 0, "returns while it waits", 0, 2),
  failed("flatMap, later + fanOut", 5, "returns while it waits", 4),
  failed("step per item + flatMap, later + fanOut + step per item", 4, "a stage fails", 3),
  failed("flatMap, later + flatMap that leaves items out", 7, "aborts", 3),
  failed("step with retry", 1, "returns while it waits", 0, 12),
];

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  stages: fc.array(fc.constantFrom(...Object.keys(STAGES)), { minLength: 1, maxLength: 4 }),
  form: fc.nat(FORMS.length - 1),
  ending: fc.constantFrom(
    "reads all",
    "returns",
    "returns while it waits",
    "throws",
    "aborts",
    "aborts while it waits",
    "a stage fails",
    "the source fails",
  ),
  after: fc.nat(4),
  wait: fc.nat(30),
});

function failed(
  stages: string,
  form: number,
  ending: string,
  after: number,
  wait = 0,
): Scenario {
  return { stages: stages.split(" + "), form, ending, after, wait };
}

async function run(scenario: Scenario, hand: Hand): Promise<void> {
  const { stages, ending, after, wait } = scenario;
  let chain: Chain = StreamingPipeline.start<number>() as unknown as Chain;
  for (const [at, name] of stages.entries()) chain = STAGES[name]!(chain, `${at} ${name}`, hand);
  let seen = 0;
  if (ending === "a stage fails") {
    chain = chain.map("fails", (item) => {
      if (seen++ === after) throw REASON;
      return item;
    });
  }
  const source = ending === "the source fails" ? failAfter(after) : hand();
  const controller = new AbortController();
  const items = chain.execute(source, { signal: controller.signal });
  if (ending === "reads all" || ending.endsWith("fails")) {
    for await (const _ of items);
    return;
  }
  for (let pulled = 0; pulled < after; pulled++) await items.next();
  const waiting = ending.endsWith("waits") ? items.next().catch(() => {}) : undefined;
  await hops(wait);
  if (ending.startsWith("aborts")) controller.abort(REASON);
  else if (ending === "throws") await items.throw(REASON);
  else await items.return();
  await waiting;
  await items.next();
}

async function* failAfter(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item;
  throw REASON;
}

test("[L4] random pipelines close whatever they are given, however they end", () =>
  fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const all: Handed[] = [];
      const hand = () => {
        const handed = new Handed(FORMS[(scenario.form + all.length) % FORMS.length]!);
        all.push(handed);
        return handed.given;
      };

      await run(scenario, hand).catch((error) => {
        if (error !== REASON && error?.cause !== REASON) throw error;
      });
      for (let turns = 0; turns < 3; turns++) await settle();
      await settleMicrotasks();

      assertEquals(all.map(({ fault }) => fault).filter((fault) => fault !== undefined), []);
    }),
    { numRuns: RUNS, seed: SEED, examples: EXAMPLES.map((each) => [each]) },
  ));
