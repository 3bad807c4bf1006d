import type { Owner } from "../host/owner.js";
import { readFiles } from "../host/read-files.js";
import type { Session } from "../host/session.js";
import { inRelease, type Placed } from "../plan/paths.js";
import type { Plan } from "../plan/plan.js";
import type { FileDiff } from "../report/report.js";

/** The files that change, as they stand on the host and as they will. */
export async function readDiffs(
  session: Session,
  owner: Owner,
  plan: Plan,
  files: readonly (Placed & { readonly content: string })[],
): Promise<readonly FileDiff[]> {
  const onHost = (path: string) => `${plan.directories.state}/current/${path}`;
  const changed = plan.files
    .filter(({ change }) => change !== "unchanged")
    .map((file) => ({ path: inRelease(file), change: file.change }));
  const there = changed.filter(({ change }) => change !== "added").map(({ path }) => onHost(path));
  const before = there.length === 0 ? new Map() : await readFiles(session, owner, there);
  const after = new Map(files.map((file) => [inRelease(file), file.content]));
  return changed.map(({ path, change }) => diff(path, change, before.get(onHost(path)), after));
}

/** The same for a host that has nothing yet. */
export function newDiffs(
  plan: Plan,
  files: readonly (Placed & { readonly content: string })[],
): readonly FileDiff[] {
  const after = new Map(files.map((file) => [inRelease(file), file.content]));
  return plan.files.map((file) => diff(inRelease(file), file.change, undefined, after));
}

function diff(
  path: string,
  change: string,
  before: string | undefined,
  after: ReadonlyMap<string, string>,
): FileDiff {
  const becomes = change === "removed" ? undefined : after.get(path);
  return {
    path,
    ...(before === undefined ? {} : { before }),
    ...(becomes === undefined ? {} : { after: becomes }),
  };
}
