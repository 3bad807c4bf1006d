import { DeployError } from "../errors.js";
import { envFile } from "./env.js";
import type { Facts } from "./facts.js";
import { isOurs, linkPath, type Placed } from "./paths.js";

/**
 * Files of others where ours would go are never touched. An `.env` that somebody wrote by hand
 * is no obstacle: its keys are kept.
 *
 * @throws {DeployError} phase `plan`, with the list
 */
export function refuseForeign(files: readonly Placed[], facts: Facts): void {
  const env = linkPath(envFile, facts);
  const inTheWay = files
    .map((file) => linkPath(file, facts))
    .filter((path) => {
      const entry = facts.entries.get(path);
      const mergeable = path === env && entry?.target === undefined;
      return entry !== undefined && !mergeable && !isOurs(path, entry.target, facts);
    });
  const [first] = inTheWay;
  if (first === undefined) return;
  throw new DeployError({
    host: facts.host,
    phase: "plan",
    object: inTheWay.length === 1 ? first : `${inTheWay.length} files`,
    cause: "files that this app did not put there are in the way; nothing was changed",
    remedy: inTheWay.includes(env)
      ? `Give this app a directory of its own, such as quadlet-dir: ${facts.quadlet.path}/APP.`
      : "Move them away, or deploy under the `app` that owns them.",
    details: inTheWay.map((path) => {
      const target = facts.entries.get(path)?.target;
      return target === undefined ? path : `${path} -> ${target}`;
    }),
  });
}

/** Units that root keeps for users' managers. */
const usersDir = "/etc/containers/systemd/users";

/**
 * Quadlet reads a few directories and no other (podman-systemd.unit(5)); units anywhere else
 * would never be loaded.
 *
 * @throws {DeployError} phase `plan`
 */
export function refuseUnread(facts: Facts): void {
  const { home, uid } = facts.owner;
  const read =
    uid === 0
      ? ["/etc/containers/systemd", "/run/containers/systemd", "/usr/share/containers/systemd"]
      : [
          `${home}/.config/containers/systemd`,
          `/run/user/${uid}/containers/systemd`,
          `${usersDir}/${uid}`,
          usersDir,
        ];
  const { path } = facts.quadlet;
  const below = (directory: string) => path === directory || path.startsWith(`${directory}/`);
  // Of the users' directory root reads nothing, and a user no other user's.
  const [, number] = /^\/(\d+)(?:\/|$)/.exec(path.slice(usersDir.length)) ?? [];
  const others = below(usersDir) && (uid === 0 || (number !== undefined && number !== `${uid}`));
  if (read.some(below) && !others) return;
  throw new DeployError({
    host: facts.host,
    phase: "plan",
    object: path,
    cause: `Quadlet does not read this directory for ${facts.owner.name}`,
    remedy: `Set \`quadlet-dir\` to one of ${read.join(", ")}.`,
  });
}
