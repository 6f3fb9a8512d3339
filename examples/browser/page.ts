/** The page and its program, which begins in the module `entry`, bundled as a build does it. */
export async function createPage(
  entry: string = "main.tsx",
): Promise<(path: string) => Response | undefined> {
  const html = await Deno.readTextFile(new URL("index.html", import.meta.url));
  const script = await bundle(entry);
  return (path) => {
    if (path === "/") return new Response(html, { headers: { "content-type": "text/html" } });
    if (path !== "/main.js") return undefined;
    return new Response(script, { headers: { "content-type": "text/javascript" } });
  };
}

async function bundle(entry: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", entry],
    cwd: new URL("./", import.meta.url),
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`Bundling failed:\n${decoder.decode(stderr)}`);
}
