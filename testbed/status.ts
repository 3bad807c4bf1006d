import { basename } from "node:path";
import type { Cache } from "./cache.js";
import { must } from "./process.js";

/** What is built already, a line each, with its size on disk. */
export async function status(cache: Cache): Promise<string[]> {
  const entries = await cache.entries();
  if (entries.length === 0) return [`${cache.folder}: nothing is built yet; testbed install`];
  const sizes = await must("du", ["--summarize", "--human-readable", "--total", ...entries]);
  return [
    cache.folder,
    ...sizes
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [size = "", path = ""] = line.split("\t");
        return `${size.padStart(8)}  ${basename(path)}`;
      }),
  ];
}
