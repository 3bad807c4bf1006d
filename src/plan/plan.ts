import type { Service } from "../quadlet/services.js";
import type { RestartPolicy } from "../settings/settings.js";
import { planDirectories } from "./directories.js";
import { type EnvPlan, envFile } from "./env.js";
import type { Facts } from "./facts.js";
import { type FilePlan, type PlannedFile, planFiles } from "./files.js";
import { type ImagePlan, planImages } from "./images.js";
import type { Manifest } from "./manifest.js";
import {
  type Foreign,
  foreignFiles,
  refuseAstray,
  refuseFolders,
  refuseForeign,
  refuseShadowed,
  refuseUnread,
} from "./ownership.js";
import { inRelease, isOurs, linkPath, linkTarget, type Placed } from "./paths.js";
import { planServices, type Recreated, type ServicePlan } from "./services.js";

export interface Link {
  readonly path: string;
  readonly target: string;
  /** What stands there now: "", `file` or `link TARGET`; a deploy that finds another thing plans anew. */
  readonly stood: string;
}

/** What is to be on a host afterwards. */
export interface Goal {
  /** The release's name. */
  readonly release: string;
  /** Whether it has to be made, or is on the host already. */
  readonly change: "new" | "switch";
  readonly files: readonly PlannedFile[];
  readonly services: readonly Service[];
  readonly env: EnvPlan;
  readonly appDirectory: string;
  /** Whether units that are no longer part of it go. */
  readonly prune: boolean;
  /** Whether files of others are taken over. */
  readonly adopt: boolean;
  /** Which running services restart. */
  readonly restart: RestartPolicy;
  /** Services whose image is known to be another one under the same name. */
  readonly moved?: ReadonlySet<string>;
  /** Whether networks whose definition changed are removed and made anew. */
  readonly recreateNetworks: boolean;
}

/** A unit that systemd is to have loaded. */
export interface Expected {
  readonly service: string;
  readonly place: Placed["place"];
  /** The link that it comes from. */
  readonly path: string;
}

/** What a deploy will change on one host: pure data, made from the goal and the host's facts. */
export interface Plan {
  readonly host: string;
  /** The release that the host will run. */
  readonly release: string;
  /** The release that is current now; "" before the first. */
  readonly previous: string;
  /** Whether a new release is made, another one becomes current, or no file or key changes. */
  readonly change: "new" | "switch" | "none";
  readonly files: readonly FilePlan[];
  /** Paths inside the release that the new one takes over from the one before. */
  readonly carried: readonly string[];
  readonly env: EnvPlan;
  readonly links: {
    readonly add: readonly Link[];
    readonly remove: readonly string[];
    /** Links that are right already; a revert puts them back all the same. */
    readonly keep: readonly string[];
  };
  /** Files of others that become ours. */
  readonly adopting: readonly Foreign[];
  readonly directories: {
    /** Where the units go. */
    readonly quadlet: string;
    /** Where drop-ins of services go. */
    readonly systemd: string;
    /** Where releases are. */
    readonly state: string;
    readonly home: string;
    /** Directories that units mount below the app's own, made where they are missing. */
    readonly data: readonly string[];
  };
  readonly images: readonly ImagePlan[];
  readonly services: readonly ServicePlan[];
  /** Networks to remove, by Podman's name, and their services, which make them anew. */
  readonly recreate: readonly Recreated[];
  /** Services that go on as they are although something changed for them (restart: none), and why. */
  readonly pending: ReadonlyMap<string, string>;
  /** Every service that must be loaded afterwards, and the link that it is loaded from. */
  readonly expected: readonly Expected[];
  /** Services that a deploy leaves to timers, sockets and other units to start. */
  readonly onDemand: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Decides what changes on a host.
 *
 * @param previous the manifest of the host's current release
 * @throws {DeployError | DeployErrors} phase `plan`: files of others in the way, variables that
 *   nobody sets
 */
export function plan(goal: Goal, facts: Facts, previous: Manifest | undefined): Plan {
  refuseUnread(facts);
  const { env, services } = goal;
  const planned = planFiles(goal.files, facts, previous);
  // A unit whose service another unit makes now cannot stay beside that.
  const moved = new Set(
    (previous?.services ?? [])
      .filter(({ name }) => services.some((service) => service.name === name))
      .map(({ unit }) => unit),
  );
  const keeps = (file: FilePlan) =>
    !goal.prune && file.change === "removed" && !moved.has(file.path);
  const files = planned.map(
    (file): FilePlan => (keeps(file) ? { ...file, change: "unchanged" } : file),
  );
  const carried = planned.filter(keeps);
  const linked = [
    ...goal.files,
    ...carried,
    ...(env.used ? [envFile] : []),
    ...enabling(services),
    ...enabling(
      (previous?.services ?? []).filter(({ unit }) => carried.some(({ path }) => path === unit)),
    ),
  ];
  refuseAstray(linked, facts);
  refuseFolders(linked, facts);
  const foreign = foreignFiles(linked, facts);
  if (!goal.adopt) refuseForeign(foreign, facts);
  const expected = services
    // Quadlet makes a template's service, and systemd its instances of that.
    .filter(({ instanceOf }) => instanceOf === undefined)
    .map(({ name, place, unit }) => ({
      service: name,
      place,
      path: linkPath({ place, path: unit }, facts),
    }));
  refuseShadowed(expected, facts);
  const links = planLinks(linked, facts);
  const changes =
    facts.current === undefined ||
    env.set.length > 0 ||
    links.add.length > 0 ||
    links.remove.length > 0 ||
    files.some((file) => file.change !== "unchanged");
  const change =
    goal.change === "switch"
      ? goal.release === facts.current
        ? "none"
        : "switch"
      : changes
        ? "new"
        : "none";
  const movement = planServices(services, {
    files,
    env,
    facts,
    previous,
    carried: carried.map(({ path }) => path),
    restart: goal.restart,
    moved: goal.moved ?? new Set(),
    recreateNetworks: goal.recreateNetworks,
  });
  return {
    host: facts.host,
    release: change === "none" ? (facts.current ?? "") : goal.release,
    previous: facts.current ?? "",
    change,
    files,
    carried: carried.map(inRelease),
    env,
    links,
    adopting: foreign,
    directories: {
      quadlet: facts.quadlet.path,
      systemd: facts.systemdDir.path,
      state: facts.state.path,
      home: facts.owner.home,
      data: planDirectories(services, facts, goal.appDirectory),
    },
    images: planImages(services, new Set([...env.set, ...env.unchanged, ...env.kept]), facts.host),
    services: movement.services,
    recreate: movement.recreate,
    pending: movement.pending,
    expected,
    onDemand: services.filter(({ onDemand }) => onDemand).map(({ name }) => name),
    warnings: [
      ...movement.warnings,
      ...files
        .filter((file) => file.drifted)
        .map(
          (file) =>
            `${file.path} was edited on the host; the edit stays in release ${facts.current} and is not in the new one`,
        ),
      ...foreign.map(
        ({ path }) => `${path} was not ours; it is kept as it was, as a release to go back to`,
      ),
    ],
  };
}

/** The links that enable units of systemd's own. */
function enabling(
  services: readonly { readonly unit: string; readonly links?: readonly string[] }[],
): readonly Placed[] {
  return services.flatMap(({ unit, links = [] }) =>
    links.map((path) => ({ place: "systemd" as const, path, of: unit })),
  );
}

function planLinks(files: readonly Placed[], facts: Facts): Plan["links"] {
  const byPath = new Map(files.map((file) => [linkPath(file, facts), file]));
  const wanted = [...byPath].map(([path, file]) => {
    const entry = facts.entries.get(path);
    const stood =
      entry === undefined ? "" : entry.target === undefined ? "file" : `link ${entry.target}`;
    return { path, target: linkTarget(file, facts), stood };
  });
  const paths = new Set(byPath.keys());
  return {
    add: wanted.filter((link) => link.stood !== `link ${link.target}`),
    keep: wanted.filter((link) => link.stood === `link ${link.target}`).map((link) => link.path),
    remove: [...facts.entries]
      .filter(([path, { target }]) => isOurs(path, target, facts) && !paths.has(path))
      .map(([path]) => path),
  };
}
