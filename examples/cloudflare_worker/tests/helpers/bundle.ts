/** Bundles a Worker into one module, as a deployment does. */
export async function bundle(entry: URL): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", decodeURIComponent(entry.pathname)],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  throw new Error(`Bundling ${entry.pathname} failed:\n${decoder.decode(stderr)}`);
}
