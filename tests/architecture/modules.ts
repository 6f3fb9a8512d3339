// Reads what a module imports and which names it uses, from its syntax tree.

/** One import or re-export. */
export interface ModuleImport {
  readonly specifier: string;
  /** Path from the repository's root; `undefined` where the specifier is bare. */
  readonly target: string | undefined;
  /** `import type` and `export type` leave nothing behind at run time. */
  readonly typeOnly: boolean;
}

/** A module of the repository. */
export interface Module {
  /** Path from the repository's root. */
  readonly path: string;
  readonly imports: readonly ModuleImport[];
  /**
   * Names used, members with their object: `console`, `Date.now`, `new Date()`; `{...}` for a spread,
   * `import(…)` for one of what is not a literal.
   */
  readonly names: ReadonlySet<string>;
  /** Lines that are neither blank nor comment. */
  readonly codeLines: number;
}

const CODE_LINE = /^(?!\s*(\/\/|\*|\/\*|$))/;

/** Parses `source`. Works under `deno test` only, which has the parser. */
export function readModule(path: string, source: string): Module {
  const imports: ModuleImport[] = [];
  const names = new Set<string>();
  const addImport = (from: Deno.lint.StringLiteral | null, kind: "type" | "value") => {
    if (from === null) return;
    const target = resolve(path, from.value);
    imports.push({ specifier: from.value, target, typeOnly: kind === "type" });
  };

  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration: (node) => addImport(node.source, node.importKind),
    ExportNamedDeclaration: (node) => addImport(node.source, node.exportKind),
    ExportAllDeclaration: (node) => addImport(node.source, node.exportKind),
    ImportExpression: ({ source }) => {
      if (asString(source) === null) names.add("import(…)");
      addImport(asString(source), "value");
    },
    TSImportType: ({ argument }) => addImport(asString(argument), "type"),
    Identifier: (node) => {
      if (!isPropertyName(node)) names.add(node.name);
    },
    MemberExpression: ({ object, property, computed }) => {
      if (computed || object.type !== "Identifier" || property.type !== "Identifier") return;
      const isGlobal = object.name === "globalThis" || object.name === "self";
      names.add(isGlobal ? property.name : `${object.name}.${property.name}`);
    },
    ObjectExpression: ({ properties }) => {
      if (properties.some(({ type }) => type === "SpreadElement")) names.add("{...}");
    },
    NewExpression: ({ callee, arguments: given }) => {
      if (callee.type === "Identifier" && given.length === 0) names.add(`new ${callee.name}()`);
    },
  };
  Deno.lint.runPlugin(
    { name: "architecture", rules: { read: { create: () => visitor } } },
    path,
    source,
  );

  const codeLines = source.split("\n").filter((line) => CODE_LINE.test(line)).length;
  return { path, imports, names, codeLines };
}

/** The literal under a dynamic import or an import type; computed ones cannot be followed. */
function asString(node: Deno.lint.Node): Deno.lint.StringLiteral | null {
  if (node.type === "TSLiteralType") return asString(node.literal);
  return node.type === "Literal" && typeof node.value === "string"
    ? node as Deno.lint.StringLiteral
    : null;
}

function isPropertyName(node: Deno.lint.Identifier): boolean {
  const parent: Deno.lint.Node = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && isSame(parent.property, node);
    case "Property":
      return !parent.computed && !parent.shorthand && isSame(parent.key, node);
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return !parent.computed && isSame(parent.key, node);
    default:
      return false;
  }
}

function isSame(left: Deno.lint.Node, right: Deno.lint.Node): boolean {
  return left.range[0] === right.range[0] && left.range[1] === right.range[1];
}

function resolve(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}
