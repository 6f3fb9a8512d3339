// The layers of the house and what else every module keeps to, as data and as checks on it. Each
// check returns sentences that name the file, what it does and the rule.

import type { Module } from "./modules.ts";

interface Layer {
  readonly name: string;
  readonly has: RegExp;
  /** Layers, or single files, that its modules may import. */
  readonly mayImport: readonly string[];
}

interface NameRule {
  readonly names: readonly string[];
  readonly rule: string;
  /** Where the names are at home. */
  readonly except: RegExp;
  /** Whether the packages keep to it as well. */
  readonly alsoPackages?: boolean;
}

const MAX_CODE_LINES = 300;

const INTEGRATIONS = /^src\/integrations\//;
const NOWHERE = /^$/;

const inCore = (name: string): string => `src/core/${name}.ts`;

/** A part that an operator brings into the programs that use it. */
const inParts = (name: string): string => `src/parts/${name}.ts`;

const LAYERS: readonly Layer[] = [
  { name: "base", has: /^src\/base\//, mayImport: ["base"] },
  { name: "internal", has: /^src\/internal\//, mayImport: ["base", "internal"] },
  { name: "core", has: /^src\/core\//, mayImport: ["base", "internal", "core"] },
  { name: "parts", has: /^src\/parts\//, mayImport: ["base", "internal", "core", "parts"] },
  { name: "policies", has: /^src\/policies\//, mayImport: ["base", "internal", "policies"] },
  { name: "sources", has: /^src\/sources\//, mayImport: ["base", "internal", "sources"] },
  {
    name: "operators",
    has: /^src\/operators\//,
    mayImport: [
      ...["base", "internal", "sources", "operators"],
      ...["operator", "stage", "context", "open_stage", "cutoff"].map(inCore),
      ...["pipeline", "basics", "feed", "lineage"].map(inCore),
      ...["step_feed", "checkpoint_feed", "open_parallel", "guard", "recordings", "error_channel"]
        .map(inParts),
    ],
  },
  {
    name: "streams",
    has: /^src\/streams\//,
    mayImport: ["base", "internal", "core", "parts", "streams"],
  },
  {
    name: "fluent",
    has: /^src\/fluent\//,
    mayImport: [
      ...["base", "internal", "core", "parts"],
      ...["sources", "operators", "streams", "fluent"],
    ],
  },
  {
    name: "batch",
    has: /^src\/batch\//,
    mayImport: [
      ...["base", "internal", "core", "parts"],
      ...["sources", "operators", "fluent", "batch"],
    ],
  },
  {
    name: "durable",
    has: /^src\/durable\//,
    mayImport: [
      ...["base", "internal", "core", "parts"],
      ...["operators", "fluent", "durable"],
    ],
  },
  {
    name: "testing",
    has: /^src\/testing\//,
    mayImport: ["base", "internal", "core", "fluent", "durable", "testing"],
  },
  { name: "integrations", has: INTEGRATIONS, mayImport: ["mod.ts", "integrations"] },
  {
    name: "mod.ts",
    has: /^mod\.ts$/,
    mayImport: [
      ...["base", "internal", "core", "parts"],
      ...["sources", "operators", "fluent", "batch"],
    ],
  },
  { name: "examples", has: /^examples\//, mayImport: ["mod.ts", "integrations", "examples"] },
  {
    name: "bench",
    has: /^bench\//,
    mayImport: [
      "mod.ts",
      "src/policies/mod.ts",
      "src/durable/mod.ts",
      "integrations",
      "bench",
      "tools",
    ],
  },
  {
    name: "tools",
    has: /^tools\//,
    mayImport: [
      ...["tools", "tests/harness.ts", "tests/random/request.ts", "tests/soak/request.ts"],
      ...["tests/reference/public_api.ts", "tests/durable/_traced_program.ts"],
      "tests/kills/request.ts",
    ],
  },
];

const NAME_RULES: readonly NameRule[] = [
  {
    names: ["Deno", "Bun", "process", "Buffer", "require"],
    rule: "only src/integrations/ may name a platform",
    // Node has no event of the web for rejections that are not handled, which a law asks for; files
    // are taken from the process where it has some.
    except: /^src\/(?:integrations\/|testing\/_leftovers\.ts$|durable\/_file_system\.ts$)/,
  },
  {
    names: [
      ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"],
      ...["performance", "Date.now", "new Date()", "AbortSignal.timeout"],
    ],
    rule: "time comes from src/internal/clock.ts",
    // Tests wait by turns of the event loop.
    except: /^src\/(?:internal\/clock|testing\/turns)\.ts$/,
  },
  {
    names: ["Math.random", "crypto"],
    rule: "randomness comes from src/internal/random.ts",
    except: /^src\/internal\/random\.ts$/,
  },
  { names: ["console"], rule: "the library never prints", except: NOWHERE, alsoPackages: true },
  {
    names: ["{...}"],
    rule: "what is made for each run is written out, property by property",
    except:
      /^(?!src\/core\/(blueprint|run|plan|op|loop|segment|open_feeds|source_feed|items)\.ts$)/,
  },
  {
    names: ["import(…)"],
    rule: "webpack leaves out what is imported by a variable: ask process.getBuiltinModule",
    // The module of its user, in a worker that no bundler has seen.
    except: /^packages\/workers\/src\/_inline_main\.ts$/,
    alsoPackages: true,
  },
  {
    names: ["eval", "Function"],
    rule: "edge workers forbid code made from text",
    except: NOWHERE,
    alsoPackages: true,
  },
];

const isLibrary = ({ path }: Module): boolean => path === "mod.ts" || path.startsWith("src/");
const isPackage = ({ path }: Module): boolean => /^packages\/[^/]+\/(?:mod\.ts$|src\/)/.test(path);
const layerOf = (path: string): Layer | undefined => LAYERS.find(({ has }) => has.test(path));

/** Imports that go against the table of layers, and modules that stand in none of them. */
export function checkLayers(modules: readonly Module[]): string[] {
  return modules.flatMap(({ path, imports }) => {
    const layer = layerOf(path);
    if (layer === undefined) return [`${path} stands in no layer: add it to a folder that has one`];
    return imports.flatMap(({ target }) => {
      if (target === undefined || isAllowed(layer, target)) return [];
      return [`${path} imports ${target}, which the layer ${layer.name} may not`];
    });
  });
}

/** Modules of the core that import what is not in this repository. */
export function checkBareImports(modules: readonly Module[]): string[] {
  const core = modules.filter((module) => isLibrary(module) && !INTEGRATIONS.test(module.path));
  return core.flatMap(({ path, imports }) =>
    imports.filter(({ target }) => target === undefined)
      .map(({ specifier }) => `${path} imports "${specifier}": the core has no dependencies`)
  );
}

/** Uses of names that have one home, or none. */
export function checkNames(modules: readonly Module[]): string[] {
  const mustKeep = (module: Module, { except, alsoPackages = false }: NameRule) =>
    !except.test(module.path) && (isLibrary(module) || alsoPackages && isPackage(module));
  return modules.flatMap((module) =>
    NAME_RULES.filter((rule) => mustKeep(module, rule)).flatMap((rule) =>
      rule.names.filter((name) => module.names.has(name))
        .map((name) => `${module.path} uses ${name}: ${rule.rule}`)
    )
  );
}

/** Modules that import each other in a circle, types included. */
export function checkCircles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push(`${[...trail.slice(start), path].join(" → ")}: a circle`);
    if (start >= 0 || done.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const module of modules) if (isLibrary(module) || isPackage(module)) visit(module.path, []);
  return circles;
}

/** Modules that should be two. */
export function checkLength(modules: readonly Module[]): string[] {
  // The fluent face is one flat list of methods, each one line of code under its signature.
  return modules.filter(({ path }) => path !== "src/fluent/streaming_pipeline.ts")
    .filter(({ codeLines }) => codeLines > MAX_CODE_LINES)
    .map(({ path, codeLines }) =>
      `${path} has ${codeLines} lines of code: ${MAX_CODE_LINES} is the most`
    );
}

function isAllowed(layer: Layer, target: string): boolean {
  const targetLayer = layerOf(target)?.name;
  return layer.mayImport.some((allowed) => allowed === target || allowed === targetLayer);
}
