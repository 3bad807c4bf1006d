import { DeployError, throwAll } from "../errors.js";
import { envFile } from "./env.js";
import type { Facts } from "./facts.js";
import { isOurs, linkPath, type Placed } from "./paths.js";

/** A file or link of others, where one of ours would go. */
export interface Foreign {
  readonly path: string;
  readonly file: Placed;
}

/**
 * What stands in the way. An `.env` that somebody wrote by hand is no obstacle: its keys are kept.
 */
export function foreignFiles(files: readonly Placed[], facts: Facts): readonly Foreign[] {
  const env = linkPath(envFile, facts);
  const byPath = new Map(files.map((file) => [linkPath(file, facts), file]));
  return [...byPath]
    .map(([path, file]) => ({ file, path }))
    .filter(({ path }) => {
      const entry = facts.entries.get(path);
      const mergeable = path === env && entry?.target === undefined;
      return entry !== undefined && !mergeable && !isOurs(path, entry.target, facts);
    });
}

/**
 * Files of others are never touched unasked.
 *
 * @throws {DeployError} phase `plan`, with the list
 */
export function refuseForeign(foreign: readonly Foreign[], facts: Facts): void {
  const env = linkPath(envFile, facts);
  const inTheWay = foreign.map(({ path }) => path);
  const [first] = inTheWay;
  if (first === undefined) return;
  throw new DeployError({
    host: facts.host,
    phase: "plan",
    object: inTheWay.length === 1 ? first : `${inTheWay.length} files`,
    cause: "files that this app did not put there are in the way; nothing was changed",
    remedy: inTheWay.includes(env)
      ? `Give this app a directory of its own, such as quadlet-dir: ${facts.quadlet.path}/APP.`
      : "Set `adopt: true` to take them over (they are kept, and a rollback returns to them), move them away, or deploy under the `app` that owns them.",
    details: inTheWay.map((path) => {
      const target = facts.entries.get(path)?.target;
      return target === undefined ? path : `${path} -> ${target}`;
    }),
  });
}

/**
 * A folder of drop-ins that is a link leads to where others keep their files; following it would
 * change what is not ours.
 *
 * @throws {DeployError | DeployErrors} phase `plan`
 */
export function refuseAstray(files: readonly Placed[], facts: Facts): void {
  const folders = new Set(files.flatMap((file) => foldersOf(linkPath(file, facts), facts)));
  throwAll(
    [...folders].flatMap((path) => {
      const target = facts.entries.get(path)?.target;
      return target === undefined
        ? []
        : [
            new DeployError({
              host: facts.host,
              phase: "plan",
              object: path,
              cause: `files of ours would go into this folder, which is a link to ${target}; nothing was changed`,
              remedy: "Put a real folder in its place, or remove the link.",
            }),
          ];
    }),
  );
}

/**
 * A folder that units use is reached through one link, which cannot stand where others have a folder.
 *
 * @throws {DeployError | DeployErrors} phase `plan`
 */
export function refuseFolders(files: readonly Placed[], facts: Facts): void {
  const links = new Set(files.map((file) => linkPath(file, facts)));
  throwAll(
    [...links].flatMap((path) => {
      const [inside] = [...facts.entries.keys()].filter((entry) => entry.startsWith(`${path}/`));
      return inside === undefined
        ? []
        : [
            new DeployError({
              host: facts.host,
              phase: "plan",
              object: path,
              cause: `a folder that this app did not put there is in the way (${inside}); nothing was changed`,
              remedy: "Move it away, or name the app's own folder otherwise.",
            }),
          ];
    }),
  );
}

/** The folders between the directory that systemd or Quadlet reads and a link of ours. */
function foldersOf(path: string, facts: Facts): readonly string[] {
  const root = [facts.quadlet.path, facts.systemdDir.path].find((directory) =>
    path.startsWith(`${directory}/`),
  );
  const folders: string[] = [];
  if (root === undefined) return folders;
  for (let end = path.lastIndexOf("/"); end > root.length; end = path.lastIndexOf("/", end - 1)) {
    folders.push(path.slice(0, end));
  }
  return folders;
}

/**
 * A unit of the same service somewhere else wins over ours, or loses to it, in silence: systemd
 * prefers native units of an administrator to generated ones (systemd.unit(5)), and Quadlet takes
 * the first of two files of one name (podman-systemd.unit(5)).
 *
 * @param expected every service, and the link that it is to be loaded from
 * @throws {DeployError | DeployErrors} phase `plan`
 */
export function refuseShadowed(
  expected: readonly {
    readonly service: string;
    readonly place: Placed["place"];
    readonly path: string;
  }[],
  facts: Facts,
): void {
  throwAll(
    expected.flatMap(({ service, place, path }) => {
      const state = facts.services.get(service);
      if (state === undefined) return [];
      const refuse = (cause: string, remedy: string) => [
        new DeployError({ host: facts.host, phase: "plan", object: service, cause, remedy }),
      ];
      if (state.load === "masked") {
        return refuse("the service is masked on the host", `Run: systemctl unmask ${service}`);
      }
      // systemd names the file by its real path where the directory is a link.
      const { path: directory, real } = place === "quadlet" ? facts.quadlet : facts.systemdDir;
      const isIts = (file: string) =>
        file === path ||
        file === path.replace(directory, real) ||
        isOurs(file, facts.entries.get(file)?.target, facts);
      const { source, fragment } = state;
      if (source !== "" && !isIts(source)) {
        return refuse(
          `${source} makes a service of this name already`,
          "Remove or rename one of them.",
        );
      }
      const isGenerated = source !== "" || /\/generator/.test(fragment);
      if (isGenerated || fragment === "" || isIts(fragment)) return [];
      if (place === "systemd") {
        return refuse(
          `the host has a unit of this name, ${fragment}, which ours would hide`,
          "Rename ours; a folder of drop-ins changes what a unit of the host does.",
        );
      }
      return /^\/(etc|run)\/systemd\/|\/\.config\/systemd\//.test(fragment)
        ? refuse(
            `a unit of systemd's own, ${fragment}, would be used in place of ours`,
            "Remove or rename it.",
          )
        : [];
    }),
  );
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
