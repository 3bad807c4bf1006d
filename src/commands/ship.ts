import { createHash } from "node:crypto";
import { archive } from "../host/archive.js";
import { readFiles } from "../host/read-files.js";
import type { Adopted } from "../host/transaction.js";
import { planEnv } from "../plan/env.js";
import type { Facts } from "../plan/facts.js";
import { type Manifest, type ManifestService, parseManifest } from "../plan/manifest.js";
import { inRelease } from "../plan/paths.js";
import { type Goal, type Plan, plan } from "../plan/plan.js";
import { type Service, servicesOf } from "../quadlet/services.js";
import type { Content, Shipping } from "../settings/settings.js";
import { type Built, checkVersion } from "./build.js";
import type { Context } from "./context.js";
import { readDiffs } from "./diffs.js";
import type { Here, Intent } from "./on-hosts.js";

/** What shipping a release does to a host; nothing on it has changed yet. */
export async function ship(
  { session, owner, facts }: Here,
  built: Built,
  id: string,
  settings: Shipping & { readonly content: Content },
  context: Context,
): Promise<Intent> {
  const { release, services } = built;
  checkVersion(built, settings.content, facts.podman);
  const previous = previousOf(facts);
  const planned = plan(goalOf(built, id, settings, facts), facts, previous);
  const common = {
    plan: planned,
    services,
    pull: settings.pull,
    restart: settings.restart,
    diffs: await readDiffs(session, owner, planned, release.files),
  };
  if (planned.change !== "new") return common;
  const made = manifest(id, built, planned, previous, context);
  const contents =
    planned.adopting.length === 0
      ? undefined
      : await readFiles(
          session,
          owner,
          planned.adopting.map(({ path }) => path),
        );
  return {
    ...common,
    archive: await archive(release, made),
    ...(contents === undefined
      ? {}
      : { adopted: adoptedRelease(planned, contents, made, previous, facts.releases) }),
  };
}

/** What is to be on a host, as the settings say. */
export function goalOf(
  { release, services }: Built,
  id: string,
  settings: Shipping & { readonly content: Content },
  facts: Facts,
  moved: ReadonlySet<string> = new Set(),
): Goal {
  return {
    release: id,
    change: "new",
    files: release.files,
    services,
    env: planEnv(release.env, services, facts),
    appDirectory: settings.content.appDirectory,
    prune: settings.prune,
    adopt: settings.adopt,
    restart: settings.restart,
    recreateNetworks: settings.recreateNetworks,
    moved,
  };
}

/** What the host's current release says of itself. */
export function previousOf(facts: Facts): Manifest | undefined {
  return facts.manifest === undefined ? undefined : parseManifest(facts.host, facts.manifest);
}

/** Sorts by time, and shows at a glance whether two releases are alike. */
export function releaseId(now: Date, sha256: string): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${sha256.slice(0, 8)}`;
}

function manifest(
  id: string,
  { release, services }: Built,
  planned: Plan,
  previous: Manifest | undefined,
  context: Context,
): Manifest {
  const carried = (previous?.files ?? []).filter((file) =>
    planned.carried.includes(inRelease(file)),
  );
  const units = carried.map((file) => file.path);
  return {
    version: 1,
    app: release.app,
    environment: release.environment,
    release: id,
    created: context.now().toISOString(),
    actor: context.actor,
    run: context.run,
    files: [
      ...release.files.map(({ place, path, sha256, layer, source }) => ({
        place,
        path,
        sha256,
        layer,
        source,
      })),
      ...carried,
    ],
    services: [
      ...services.map(manifestService),
      ...(previous?.services ?? []).filter(({ unit }) => units.includes(unit)),
    ],
  };
}

/** What stood there before, others' files and ours, as a release that a rollback can return to. */
function adoptedRelease(
  planned: Plan,
  contents: ReadonlyMap<string, string>,
  made: Manifest,
  previous: Manifest | undefined,
  releases: readonly string[],
): Adopted {
  const release = releases.includes("adopted") ? `adopted-${made.release.slice(0, 15)}` : "adopted";
  const taken = planned.adopting.map(({ path, file }) => ({
    ...file,
    content: contents.get(path) ?? "",
    source: path,
  }));
  const services = servicesOf(taken);
  return {
    release,
    files: planned.adopting.map(({ path, file }) => ({ path, place: inRelease(file) })),
    manifest: {
      ...made,
      release,
      files: [
        ...(previous?.files ?? []),
        ...taken.map(({ place, path, content, source }) => ({
          place,
          path,
          sha256: createHash("sha256").update(content).digest("hex"),
          layer: "adopted",
          source,
        })),
      ],
      services: [...(previous?.services ?? []), ...services.map(manifestService)],
    },
  };
}

function manifestService({ name, unit, links }: Service): ManifestService {
  return { name, unit, ...(links.length === 0 ? {} : { links }) };
}
