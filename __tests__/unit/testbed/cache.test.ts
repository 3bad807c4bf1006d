import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache, cacheFolder, filesOf, recipeHash } from "../../../testbed/cache.js";
import { Lock } from "../../../testbed/lock.js";

let folder: string;
let cache: Cache;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-cache-"));
  cache = await Cache.open({ QUADLET_DEPLOY_CACHE: folder });
});

afterEach(() => rm(folder, { recursive: true }));

const fill = (text: string) => (entry: string) => writeFile(join(entry, "file"), text);
const A = recipeHash("a");
const B = recipeHash("b");

test.for([
  [{ QUADLET_DEPLOY_CACHE: "/own", XDG_CACHE_HOME: "/xdg" }, "/own"],
  [{ XDG_CACHE_HOME: "/xdg" }, "/xdg/quadlet-deploy"],
] as const)("the cache of %j is %s", ([environment, expected]) => {
  expect(cacheFolder(environment)).toBe(expected);
});

test("without a choice the cache is in the home", () => {
  expect(cacheFolder({})).toMatch(/\/\.cache\/quadlet-deploy$/);
});

test("an entry is built once, by one of those who want it", async () => {
  let builds = 0;
  const build = async (entry: string) => {
    builds++;
    await fill("x")(entry);
  };
  const paths = await Promise.all([cache.entry("root", A, build), cache.entry("root", A, build)]);
  expect(paths).toEqual([cache.path("root", A), cache.path("root", A)]);
  expect(builds).toBe(1);
  expect(await readFile(join(paths[0], "file"), "utf8")).toBe("x");
});

test("a build that fails leaves nothing", async () => {
  const failing = cache.entry("root", A, async (entry) => {
    await fill("half")(entry);
    throw new Error("no network");
  });
  await expect(failing).rejects.toThrow("no network");
  expect(cache.has("root", A)).toBe(false);
  expect(await readdir(folder)).toEqual(["root.lock"]);
});

test("what a killed build left goes with the next build", async () => {
  const left = join(folder, "root.building-abc");
  await writeFile(left, "");
  await cache.entry("root", A, fill("x"));
  expect(existsSync(left)).toBe(false);
});

test("a new recipe replaces the older entry of its name, and no other's", async () => {
  await cache.entry("root", A, fill("old"));
  const other = await cache.entry("root-python", A, fill("other"));
  const kept = await cache.entry("root", B, fill("new"));
  expect(await cache.entries()).toEqual([other, kept].sort());
});

test("an older entry that may be in use stays until it is not", async () => {
  const old = await cache.entry("root", A, fill("old"));
  {
    await using _reader = await Lock.wait(cache.inUse);
    await cache.entry("root", B, fill("new"));
    expect(existsSync(old)).toBe(true);
    await expect(cache.clear()).rejects.toThrow("in use");
  }
  await cache.entry("root", B, fill("never"));
  expect(existsSync(old)).toBe(false);
});

test("a recipe's hash depends on every file below a folder", async () => {
  await writeFile(join(folder, "one"), "1");
  const before = recipeHash(await filesOf(folder));
  expect(recipeHash(await filesOf(folder))).toBe(before);
  await writeFile(join(folder, "one"), "2");
  expect(recipeHash(await filesOf(folder))).not.toBe(before);
});
