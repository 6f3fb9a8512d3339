// Reads what is public, with what is said of it, as `deno doc` sees it.

/** A name that an entry exports, or a member of one. */
export interface PublicName {
  /** With its class or interface before it: `Pipeline.map`. */
  readonly name: string;
  /** The name of its page among those of `deno doc --html`, without a folder and an extension. */
  readonly page: string;
  readonly kind: string;
  /**
   * One for each declaration. The implementation after overloads counts in a class, whose pages
   * show it alone, and nowhere else.
   */
  readonly texts: readonly string[];
  readonly category: string | undefined;
  readonly hasExample: boolean;
  readonly isInternal: boolean;
  readonly members: readonly PublicName[];
}

/** A module that users import. */
export interface PublicEntry {
  /** Path of its file, as it was given. */
  readonly path: string;
  readonly text: string;
  readonly names: readonly PublicName[];
}

interface Documentation {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

interface Place {
  readonly filename: string;
  readonly byteIndex: number;
}

interface Declaration {
  readonly name: string;
  readonly kind: string;
  readonly location: Place;
  readonly jsDoc?: Documentation;
  readonly accessibility?: string;
  readonly isStatic?: boolean;
  readonly def?: Definition;
}

interface Definition {
  readonly target?: Place;
  readonly hasBody?: boolean;
  readonly constructors?: readonly Declaration[];
  readonly properties?: readonly Declaration[];
  readonly methods?: readonly Declaration[];
}

interface Module {
  readonly module_doc?: Documentation;
  readonly symbols: readonly { readonly name: string; readonly declarations: Declaration[] }[];
}

/** What the modules at `paths`, from the folder `cwd` on, make public. */
export async function readPublicApi(
  cwd: string,
  paths: readonly string[],
): Promise<PublicEntry[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, Module>;
  };
  const declared = new Map<string, Declaration>();
  for (const { symbols } of Object.values(nodes)) {
    for (const { name, declarations } of symbols) {
      for (const each of declarations) declared.set(toId(each.location), { ...each, name });
    }
  }
  return paths.map((path) => {
    const found = Object.entries(nodes).find(([url]) => url.endsWith(`/${path}`));
    if (found === undefined) throw new Error(`deno doc says nothing of ${path}`);
    const [, { module_doc, symbols }] = found;
    const names = symbols.map(({ name, declarations }) => {
      return toName(name, declarations.map((each) => follow({ ...each, name }, declared)));
    });
    return { path, text: toText(module_doc), names };
  });
}

/** What a name that is handed on stands for. */
function follow(given: Declaration, declared: ReadonlyMap<string, Declaration>): Declaration {
  const target = given.def?.target;
  if (target === undefined) return given;
  const declaration = declared.get(toId(target));
  if (declaration !== undefined) return declaration;
  throw new Error(`${given.name} stands for what no entry declares`);
}

function toName(
  name: string,
  all: readonly Declaration[],
  page = all[0]!.name,
): PublicName {
  const declarations = all.filter(({ def }) => all.length === 1 || def?.hasBody !== true);
  const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
  return {
    name,
    page,
    kind: declarations[0]!.kind,
    texts: declarations.map(({ jsDoc }) => toText(jsDoc)),
    category: tags.find(({ kind }) => kind === "category")?.doc?.trim(),
    hasExample: tags.some(({ kind }) => kind === "example"),
    isInternal: tags.some(({ kind }) => kind === "internal"),
    members: declarations.flatMap((each) => listMembers(name, page, each)),
  };
}

function listMembers(owner: string, page: string, { kind, def = {} }: Declaration): PublicName[] {
  const byName = new Map<string, Declaration[]>();
  const add = (kind: string, members: readonly Declaration[] = []) => {
    for (const member of members) {
      if (member.accessibility === "private" || member.accessibility === "protected") continue;
      const name = `${owner}.${member.name}`;
      byName.set(name, [...byName.get(name) ?? [], { ...member, kind: member.kind ?? kind }]);
    }
  };
  add("constructor", def.constructors);
  add("property", def.properties);
  add("method", def.methods);
  return Array.from(byName, ([name, declarations]) => {
    const [{ isStatic = false, name: ownName }] = declarations as [Declaration];
    const path = kind === "class" && !isStatic ? ".prototype." : ".";
    return toName(name, declarations, `${page}${path}${ownName}`);
  });
}

function toText(documentation: Documentation | undefined): string {
  return documentation?.doc?.trim() ?? "";
}

function toId({ filename, byteIndex }: Place): string {
  return `${filename}:${byteIndex}`;
}
