/** The version that wrangler 4.156.0 brings. */
const VERSION = "1.20261023.1";

/** Path of the runtime of Cloudflare Workers, from npm. */
export async function findWorkerd(): Promise<string> {
  const architecture = Deno.build.arch === "aarch64" ? "arm64" : "64";
  const name = `npm:@cloudflare/workerd-${Deno.build.os}-${architecture}@${VERSION}`;
  // Importing one file of a package makes Deno fetch the package.
  await import(`${name}/package.json`, { with: { type: "json" } });
  return decodeURIComponent(new URL(import.meta.resolve(`${name}/bin/workerd`)).pathname);
}
