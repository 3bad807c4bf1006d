import { posix } from "node:path";
import { dropInOwner, inRelease } from "../quadlet/services.js";
import type { Facts } from "./facts.js";

export { inRelease };

/** Absolute, with systemd's `%h` as the owner's home. */
export function onHost(path: string, facts: Pick<Facts, "owner">): string {
  return path.replace(/^%h(?=\/|$)/, facts.owner.home);
}

/** Which of the host's directories a file belongs to, and its path below that. */
export interface Placed {
  readonly place: "quadlet" | "systemd";
  readonly path: string;
  /** The file of that place that it leads to, where this is one more link to it. */
  readonly of?: string;
}

/** The file at a path inside a release. */
export function placeOf(path: string): Placed {
  return path.startsWith("systemd/")
    ? { place: "systemd", path: path.slice("systemd/".length) }
    : { place: "quadlet", path };
}

/**
 * The path, inside its place, of the link through which a file is reached: its own, but for a file
 * in a folder that units use, such as a build's context, the whole folder's. A container that
 * mounts it would find links that lead nowhere there.
 */
function linked(file: Placed): string {
  const [folder = "", ...rest] = file.path.split("/");
  return file.place === "quadlet" && rest.length > 0 && dropInOwner(file.path) === undefined
    ? folder
    : file.path;
}

/** Where the link to a file stands on the host. */
export function linkPath(file: Placed, facts: Facts): string {
  return posix.join(
    (file.place === "quadlet" ? facts.quadlet : facts.systemdDir).path,
    linked(file),
  );
}

/**
 * What that link says: relative, so that it reads well and survives a moved home, but absolute
 * where the directory is itself a link, since a relative one would start from where that leads.
 */
export function linkTarget(file: Placed, facts: Facts): string {
  const directory = file.place === "quadlet" ? facts.quadlet : facts.systemdDir;
  const path = file.of ?? linked(file);
  const target = posix.join(facts.state.path, "current", inRelease({ place: file.place, path }));
  const plain = directory.real === directory.path && facts.state.real === facts.state.path;
  return plain ? posix.relative(posix.dirname(linkPath(file, facts)), target) : target;
}

/** Whether a link at `path` leads into this app's current release. */
export function isOurs(path: string, target: string | undefined, facts: Facts): boolean {
  if (target === undefined) return false;
  const leadsTo = posix.resolve(posix.dirname(path), target);
  return leadsTo.startsWith(`${facts.state.path}/current/`);
}
