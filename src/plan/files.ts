import type { Facts } from "./facts.js";
import type { Manifest } from "./manifest.js";
import { inRelease, type Placed, placeOf } from "./paths.js";

/** A file that is to be on the host. */
export interface PlannedFile extends Placed {
  /** Hex digest of its content. */
  readonly sha256: string;
  readonly layer: string;
  readonly source: string;
}

export interface FilePlan {
  readonly place: "quadlet" | "systemd";
  readonly path: string;
  readonly change: "added" | "changed" | "removed" | "unchanged";
  /** Whether somebody edited it on the host since it was deployed, and not to what it becomes. */
  readonly drifted: boolean;
  /** The layer and the file of the repository; empty for removed files. */
  readonly layer: string;
  readonly source: string;
}

/** What happens to each file, by the digests of what stands on the host now. */
export function planFiles(
  files: readonly PlannedFile[],
  facts: Facts,
  previous: Manifest | undefined,
): readonly FilePlan[] {
  const deployed = new Map((previous?.files ?? []).map((file) => [inRelease(file), file]));
  const drifted = (path: string) => {
    const sum = facts.sums.get(path);
    const file = deployed.get(path);
    return sum !== undefined && file !== undefined && sum !== file.sha256;
  };
  const kept = files.map((file): FilePlan => {
    const path = inRelease(file);
    const sum = facts.sums.get(path);
    return {
      place: file.place,
      path: file.path,
      change: sum === undefined ? "added" : sum === file.sha256 ? "unchanged" : "changed",
      drifted: sum !== file.sha256 && drifted(path),
      layer: file.layer,
      source: file.source,
    };
  });
  const paths = new Set(files.map(inRelease));
  const removed = [...facts.sums.keys()]
    .filter((path) => !paths.has(path))
    .map((path): FilePlan => {
      return {
        ...placeOf(path),
        change: "removed",
        drifted: drifted(path),
        layer: "",
        source: "",
      };
    });
  return [...kept, ...removed];
}
