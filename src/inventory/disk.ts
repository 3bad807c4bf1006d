/** Reads inventories from the disk: the one place of this room that does. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Reader } from "./texts.js";

export function diskReader(root: string): Reader {
  return {
    read(path) {
      const full = resolve(root, path);
      const stat = statSync(full, { throwIfNoEntry: false });
      if (stat?.isDirectory()) return { names: readdirSync(full) };
      return stat?.isFile() ? { text: readFileSync(full, "utf8") } : undefined;
    },
  };
}
