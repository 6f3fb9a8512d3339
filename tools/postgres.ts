// Has PostgreSQL installed before the tests that start a server of their own.

import { installPackage } from "./apt.ts";
import { unlessMissing } from "./files.ts";

const PACKAGE = "postgresql-15";
/** Where Debian has its programs, by version. */
const PROGRAMS = "/usr/lib/postgresql";

/** Installs it where there is none; where that fails, the tests say what they need. */
export async function installPostgres(): Promise<void> {
  const versions = await unlessMissing(Array.fromAsync(Deno.readDir(PROGRAMS)));
  if (versions === undefined || versions.length === 0) await installPackage(PACKAGE);
}
