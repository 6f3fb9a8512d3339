import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of its own for one test, gone after it. */
export class TestFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param files Content by path, relative to the folder. */
  static async create(files: Record<string, string | Uint8Array> = {}): Promise<TestFolder> {
    const folder = new TestFolder(await mkdtemp(join(tmpdir(), "headrace-documents-")));
    for (const [path, content] of Object.entries(files)) await folder.write(path, content);
    return folder;
  }

  join(path: string): string {
    return join(this.path, path);
  }

  async write(path: string, content: string | Uint8Array): Promise<string> {
    const absolute = this.join(path);
    await mkdir(dirname(absolute), { recursive: true });
    await writeFile(absolute, content);
    return absolute;
  }

  async link(path: string, target: string): Promise<void> {
    await symlink(target, this.join(path));
  }

  /** What this process has open of it, where the system says so. */
  async listOpen(): Promise<string[]> {
    const folder = "/proc/self/fd";
    const names = await readdir(folder).catch(() => []);
    const paths = await Promise.all(
      names.map((name) => readlink(join(folder, name)).catch(() => "")),
    );
    return paths.filter((path) => path.startsWith(this.path));
  }

  async remove(path: string): Promise<void> {
    await rm(this.join(path), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
