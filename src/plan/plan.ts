import type { Service } from "../quadlet/services.js";
import type { Release } from "../render/release.js";
import { planDirectories } from "./directories.js";
import { type EnvPlan, envFile, planEnv } from "./env.js";
import type { Facts } from "./facts.js";
import { type FilePlan, planFiles } from "./files.js";
import { type ImagePlan, planImages } from "./images.js";
import type { Manifest } from "./manifest.js";
import { refuseForeign, refuseUnread } from "./ownership.js";
import { isOurs, linkPath, linkTarget, type Placed } from "./paths.js";
import { planServices, type ServicePlan } from "./services.js";

export interface Link {
  readonly path: string;
  readonly target: string;
}

/** What a deploy will change on one host: pure data, made from the release and the host's facts. */
export interface Plan {
  readonly host: string;
  /** The release that is current now; "" before the first. */
  readonly previous: string;
  /** Whether any file or key changes, so that a new release is needed. */
  readonly newRelease: boolean;
  readonly files: readonly FilePlan[];
  readonly env: EnvPlan;
  readonly links: { readonly add: readonly Link[]; readonly remove: readonly string[] };
  readonly directories: {
    /** Where the units go. */
    readonly quadlet: string;
    /** Directories that units mount below the app's own, made where they are missing. */
    readonly data: readonly string[];
  };
  readonly images: readonly ImagePlan[];
  readonly services: readonly ServicePlan[];
  /** Every service that must be loaded afterwards, and the link that it is loaded from. */
  readonly expected: readonly { readonly service: string; readonly path: string }[];
  readonly warnings: readonly string[];
}

/**
 * Decides what changes on a host.
 *
 * @param previous the manifest of the host's current release
 * @throws {DeployError | DeployErrors} phase `plan`: files of others in the way, variables that
 *   nobody sets
 */
export function plan(
  release: Release,
  services: readonly Service[],
  facts: Facts,
  previous: Manifest | undefined,
  appDirectory: string,
): Plan {
  refuseUnread(facts);
  const env = planEnv(release.env, services, facts);
  const linked = env.used ? [...release.files, envFile] : release.files;
  refuseForeign(linked, facts);
  const files = planFiles(release.files, facts, previous);
  const links = planLinks(linked, facts);
  const newRelease =
    facts.current === undefined ||
    env.set.length > 0 ||
    links.add.length > 0 ||
    links.remove.length > 0 ||
    files.some((file) => file.change !== "unchanged");
  const planned = planServices(services, files, env, facts, previous);
  return {
    host: facts.host,
    previous: facts.current ?? "",
    newRelease,
    files,
    env,
    links,
    directories: {
      quadlet: facts.quadlet.path,
      data: planDirectories(services, facts, appDirectory),
    },
    images: planImages(services, release.env, facts),
    services: planned.services,
    expected: services.map((service) => ({
      service: service.name,
      path: linkPath({ place: "quadlet", path: service.unit }, facts),
    })),
    warnings: [
      ...planned.warnings,
      ...files
        .filter((file) => file.drifted)
        .map(
          (file) =>
            `${file.path} was edited on the host; the edit stays in release ${facts.current} and is not in the new one`,
        ),
    ],
  };
}

function planLinks(files: readonly Placed[], facts: Facts): Plan["links"] {
  const wanted = files.map((file) => ({
    path: linkPath(file, facts),
    target: linkTarget(file, facts),
  }));
  const paths = new Set(wanted.map((link) => link.path));
  return {
    add: wanted.filter((link) => facts.entries.get(link.path)?.target !== link.target),
    remove: [...facts.entries]
      .filter(([path, { target }]) => isOurs(path, target, facts) && !paths.has(path))
      .map(([path]) => path),
  };
}
