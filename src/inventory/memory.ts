/** A tree of texts by their paths, for those who have them already. */
import type { Reader } from "./texts.js";

export function memoryReader(files: ReadonlyMap<string, string>): Reader {
  return {
    read(path) {
      const text = files.get(path);
      if (text !== undefined) return { text };
      const inside = path === "" || path === "." ? "" : `${path.replace(/\/$/, "")}/`;
      const names = new Set<string>();
      for (const file of files.keys()) {
        if (file.startsWith(inside)) names.add(file.slice(inside.length).split("/")[0] as string);
      }
      return names.size > 0 ? { names: [...names] } : undefined;
    },
  };
}
