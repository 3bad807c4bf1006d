import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { Lock } from "./lock.js";

/**
 * What took long to build and depends on nothing but its recipe. An entry is a folder
 * `NAME-HASH`; the hash is the recipe's, so that a changed recipe is another entry.
 */
export class Cache {
  private constructor(readonly folder: string) {}

  static async open(environment: NodeJS.ProcessEnv = process.env): Promise<Cache> {
    const cache = new Cache(cacheFolder(environment));
    await mkdir(cache.folder, { recursive: true });
    return cache;
  }

  /** Held, shared, by whoever reads entries, so that nothing is pruned under its feet. */
  get inUse(): string {
    return join(this.folder, "in-use.lock");
  }

  path(name: string, recipe: string): string {
    return join(this.folder, `${name}-${recipe}`);
  }

  has(name: string, recipe: string): boolean {
    return existsSync(this.path(name, recipe));
  }

  /**
   * The entry's folder, built first if it is not there. A build that dies leaves no entry:
   * it works in a folder beside it that is renamed when it is whole.
   */
  async entry(
    name: string,
    recipe: string,
    build: (folder: string) => Promise<void>,
  ): Promise<string> {
    const path = this.path(name, recipe);
    if (existsSync(path)) {
      await this.prune(name, path);
      return path;
    }
    await using _lock = await Lock.wait(join(this.folder, `${name}.lock`));
    if (existsSync(path)) return path;
    for (const left of await this.list((entry) => entry.startsWith(`${name}.building-`)))
      await remove(left);
    const workplace = await mkdtemp(join(this.folder, `${name}.building-`));
    try {
      const folder = join(workplace, "entry");
      await mkdir(folder);
      await build(folder);
      await rename(folder, path);
    } finally {
      await remove(workplace);
    }
    await this.prune(name, path);
    return path;
  }

  /** Removes the entries of older recipes, unless somebody reads the cache just now. */
  private async prune(name: string, keep: string): Promise<void> {
    const entries = await this.list((entry) => nameOf(entry) === name);
    const older = entries.filter((path) => path !== keep);
    if (older.length === 0) return;
    await using lock = await Lock.attempt(this.inUse);
    if (lock !== undefined) for (const path of older) await remove(path);
  }

  /** Removes every entry, unless somebody reads the cache just now. */
  async clear(): Promise<void> {
    await using lock = await Lock.attempt(this.inUse);
    if (lock === undefined) throw new Error(`${this.folder} is in use; end the testbeds first`);
    for (const path of await this.entries()) await remove(path);
  }

  async entries(): Promise<string[]> {
    return this.list((entry) => nameOf(entry) !== undefined);
  }

  private async list(wanted: (entry: string) => boolean): Promise<string[]> {
    const names = await readdir(this.folder);
    return names.filter(wanted).map((name) => join(this.folder, name));
  }
}

/** The name in `NAME-HASH`, or undefined for what is no entry: locks, builds, runs. */
function nameOf(entry: string): string | undefined {
  return /^(.+)-[0-9a-f]{12}$/.exec(entry)?.[1];
}

export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment.QUADLET_DEPLOY_CACHE;
  if (own) return own;
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "quadlet-deploy");
}

/** A short name for a recipe: the hash of everything the result depends on. */
export function recipeHash(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/** Every file below a folder, as text by relative path, for a recipe's hash. */
export async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path)] = await readFile(path, "utf8");
  }
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
