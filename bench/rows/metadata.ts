/** What the metadata costs the fused loop, by how much of it there is. @module */

import type { MetadataOptions } from "@headrace/pipeline";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, checksumOf, expectedOfSyncChain, numbers } from "../lib/work.ts";
import { buildHeadraceChain } from "./sync_chain.ts";

type Verbosity = NonNullable<MetadataOptions["verbosity"]>;

const REDUCE = "executeReduce";
const ITERATE = "for await over execute";
const LEVELS: readonly Verbosity[] = ["off", "counts", "timing", "full"];

/** The default level stands under its own name, so that the row says which one it is. */
const nameOf = (verbosity: Verbosity): string =>
  `${HEADRACE}, ${verbosity}${verbosity === "timing" ? " (default)" : ""}`;

const CHAINS = LEVELS.map((verbosity) => ({
  name: nameOf(verbosity),
  chain: buildHeadraceChain({ metadata: { verbosity } }),
  // It looks at the clock twice per call: fewer items say the same.
  share: verbosity === "full" ? 0.1 : 1,
}));

const GROUPS: readonly Group[] = [
  {
    name: REDUCE,
    baseline: nameOf("off"),
    expected: expectedOfSyncChain,
    contenders: CHAINS.map(({ name, chain, share }) => ({
      name,
      kind: "ours",
      share,
      run: (items) => chain.executeReduce(numbers(items), checksum, 0),
    })),
  },
  {
    name: ITERATE,
    baseline: nameOf("off"),
    expected: expectedOfSyncChain,
    contenders: CHAINS.map(({ name, chain, share }) => ({
      name,
      kind: "ours",
      share,
      run: (items) => checksumOf(chain.execute(numbers(items))),
    })),
  },
];

export const metadata: Row = {
  id: "metadata",
  title: "3 maps + 1 filter, synchronous, by verbosity of the metadata",
  items: 1_000_000,
  denoBenchItems: 20_000,
  groups: GROUPS,
  targets: [REDUCE, ITERATE].map((group) =>
    limitCost({ group, of: nameOf("timing"), over: nameOf("off"), atMost: 1.05 })
  ),
};
