/** What the compiler pays for a long chain. @module */

import ts from "typescript";
import { summarize } from "./summary.ts";

/** What it took to check one chain, beyond a program that only starts a pipeline. */
export interface TypeCost {
  readonly stages: number;
  readonly checkMs: number;
  readonly instantiations: number;
  readonly types: number;
  /** What the compiler has to say about the chain. */
  readonly errors: readonly string[];
}

const CHECKS = 5;

const PARSED = new Map<string, ts.SourceFile>();

const OPTIONS: ts.CompilerOptions = {
  allowImportingTsExtensions: true,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ESNext,
  types: [],
};

/** Beside this file, so that the path to the library is short; it is never written. */
const FILE = decodeURIComponent(new URL("./chain.ts", import.meta.url).pathname);

/** A program whose one chain has so many stages, of five kinds in turn. */
export function writeChain(stages: number): string {
  const kinds = [
    (key: string) => `.map(${key}, (item) => item + 1)`,
    (key: string) => `.filter(${key}, (item) => item % 2 === 0)`,
    (key: string) => `.batch(${key}, 50)`,
    (key: string) => `.flatten(${key})`,
    (key: string) => `.flatMap(${key}, (item) => [item, item])`,
  ];
  const calls = Array.from({ length: stages }, (_, index) => {
    const write = kinds[index % kinds.length] as (key: string) => string;
    return write(`"stage${index}"`);
  });
  return [
    `import { StreamingPipeline } from "../../mod.ts";`,
    `const chain = StreamingPipeline.start<number>()${calls.join("\n  ")};`,
    `export const result = await chain.executeToArray([1]);`,
  ].join("\n");
}

/** Checks a chain of `stages` stages, which must be a multiple of five to end in single items. */
export function measureTypeCost(stages: number): TypeCost {
  const empty = check(writeChain(0));
  const full = check(writeChain(stages));
  return {
    stages,
    checkMs: full.checkMs - empty.checkMs,
    instantiations: full.instantiations - empty.instantiations,
    types: full.types - empty.types,
    errors: full.errors,
  };
}

/** Checks the same program a few times, each time from nothing; the time is the median. */
function check(code: string): Omit<TypeCost, "stages"> {
  const checks = Array.from({ length: CHECKS }, () => checkOnce(code));
  const last = checks.at(-1) as Omit<TypeCost, "stages">;
  return { ...last, checkMs: summarize(checks.map(({ checkMs }) => checkMs)).median };
}

function checkOnce(code: string): Omit<TypeCost, "stages"> {
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists } = host;
  host.fileExists = (path) => path === FILE || fileExists(path);
  host.getSourceFile = (path, target) =>
    path === FILE ? ts.createSourceFile(path, code, target) : parseOnce(path, target);
  const program = ts.createProgram([FILE], OPTIONS, host);
  const start = performance.now();
  const diagnostics = program.getSemanticDiagnostics(program.getSourceFile(FILE));
  const checkMs = performance.now() - start;
  return {
    checkMs,
    instantiations: program.getInstantiationCount(),
    types: program.getTypeCount(),
    errors: diagnostics.map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, "\n")
    ),
  };
}

/** Parsing is not what is measured, and the libraries' declarations are long. */
function parseOnce(
  path: string,
  target: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile | undefined {
  const known = PARSED.get(path);
  if (known !== undefined) return known;
  const code = ts.sys.readFile(path);
  if (code === undefined) return undefined;
  const parsed = ts.createSourceFile(path, code, target);
  PARSED.set(path, parsed);
  return parsed;
}
