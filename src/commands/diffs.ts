import type { Owner } from "../host/owner.js";
import { readFiles } from "../host/read-files.js";
import type { Session } from "../host/session.js";
import { inRelease, type Placed } from "../plan/paths.js";
import type { Plan } from "../plan/plan.js";
import type { FileDiff } from "../report/report.js";

type Files = readonly (Placed & { readonly content: string })[];

/** The files that change, as they stand on the host and as they will. */
export async function readDiffs(
  session: Session,
  owner: Owner,
  plan: Plan,
  files: Files,
): Promise<readonly FileDiff[]> {
  const there = plan.files
    .filter(({ change }) => change === "changed" || change === "removed")
    .map((file) => onHost(plan, inRelease(file)));
  return diffsOf(
    plan,
    files,
    there.length === 0 ? new Map() : await readFiles(session, owner, there),
  );
}

/** @param before content of files on the host, by absolute path; none on an empty one */
export function diffsOf(
  plan: Plan,
  files: Files,
  before: ReadonlyMap<string, string>,
): readonly FileDiff[] {
  const contents = new Map(files.map((file) => [inRelease(file), file.content]));
  return plan.files
    .filter(({ change }) => change !== "unchanged")
    .map((file): FileDiff => {
      const path = inRelease(file);
      const was = before.get(onHost(plan, path));
      const becomes = file.change === "removed" ? undefined : contents.get(path);
      return {
        path,
        ...(was === undefined ? {} : { before: was }),
        ...(becomes === undefined ? {} : { after: becomes }),
      };
    });
}

function onHost({ directories }: Plan, path: string): string {
  return `${directories.state}/current/${path}`;
}
