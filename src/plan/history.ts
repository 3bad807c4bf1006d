import { DeployError } from "../errors.js";
import type { Facts } from "./facts.js";

/**
 * The release to return to: the one named, or the newest that is older than the current. What was
 * adopted is older than any.
 *
 * @throws {DeployError} phase `plan`, where there is none
 */
export function chooseRelease(
  to: string | undefined,
  facts: Pick<Facts, "host" | "releases" | "current">,
): string {
  const newestFirst = [...facts.releases].sort((a, b) => (age(a) < age(b) ? 1 : -1));
  const { current } = facts;
  const chosen =
    to === undefined
      ? newestFirst.find((release) => current !== undefined && age(release) < age(current))
      : newestFirst.find((release) => release === to);
  if (chosen !== undefined) return chosen;
  throw new DeployError({
    host: facts.host,
    phase: "plan",
    object: to ?? "rollback",
    cause:
      to === undefined
        ? `the host keeps no release older than ${current ?? "the first"}`
        : "the host keeps no such release",
    remedy:
      newestFirst.length === 0
        ? "Deploy first."
        : `It keeps ${newestFirst.map((one) => (one === current ? `${one} (current)` : one)).join(", ")}.`,
  });
}

/** Names of releases start with their time. */
function age(release: string): string {
  return release.startsWith("adopted") ? `0 ${release}` : `1 ${release}`;
}
