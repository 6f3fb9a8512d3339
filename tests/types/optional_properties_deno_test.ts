// Under `exactOptionalPropertyTypes` a property that may be left out still refuses `undefined`, unless
// its type says otherwise: then options that may be missing cannot be passed on. So every exported
// type that users write accepts it; the reference, as data, has them all.

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { test } from "../harness.ts";

const ENTRIES = Object.values(config.exports)
  .map((path) => new URL(`../../${path}`, import.meta.url).href);

/** Types that the library makes and users read: there, absent means absent. */
const READ_ONLY: readonly string[] = [
  "JobProgress",
  "JobResult",
  "ListOperationMetadata",
  "PipelineMetadata",
  "RegistryResult",
  "StageMetrics",
  "StagePaces",
  "StepContext",
  "StepMetadata",
  "StreamingMetadata",
  "StreamingTiming",
  "Watched",
];

interface Property {
  readonly name: string;
  readonly optional: boolean;
  readonly tsType: { readonly repr: string; readonly kind: string; readonly value: unknown };
}

interface Symbol {
  readonly name: string;
  readonly declarations: readonly unknown[];
}

async function readSymbols(): Promise<Symbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", "--json", ...ENTRIES],
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly nodes: Readonly<Record<string, { readonly symbols: Symbol[] }>>;
  };
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** The properties of an interface, and of the objects that are written out within a type. */
function propertiesOf(value: unknown): Property[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === "properties" && Array.isArray(each)
      ? [...(each as Property[]), ...propertiesOf(each)]
      : propertiesOf(each)
  );
}

function acceptsUndefined({ tsType: { repr, kind, value } }: Property): boolean {
  if (kind === "union") return (value as Property["tsType"][]).some(isUndefined);
  return repr === "unknown" || isUndefined({ repr, kind, value });
}

function isUndefined({ repr }: Property["tsType"]): boolean {
  return repr === "undefined";
}

test("each property that may be left out of what users write may be undefined", async () => {
  const written = (await readSymbols()).filter(({ name }) => !READ_ONLY.includes(name));
  const optional = written.flatMap(({ name, declarations }) =>
    propertiesOf(declarations).filter((property) => property.optional)
      .map((property) => ({ name: `${name}.${property.name}`, property }))
  );

  const refusing = optional.filter(({ property }) => !acceptsUndefined(property));

  assert(optional.length > 50, `only ${optional.length} were found`);
  assertEquals(refusing.map(({ name }) => name), []);
});
