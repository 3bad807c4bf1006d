import { createHash } from "node:crypto";
import { archive } from "../host/archive.js";
import { readFiles } from "../host/read-files.js";
import type { Adopted } from "../host/transaction.js";
import { planEnv } from "../plan/env.js";
import { type Manifest, parseManifest } from "../plan/manifest.js";
import { inRelease } from "../plan/paths.js";
import { type Plan, plan } from "../plan/plan.js";
import { servicesOf } from "../quadlet/services.js";
import type { Report } from "../report/report.js";
import type { DeploySettings } from "../settings/settings.js";
import { type Built, build } from "./build.js";
import type { Context } from "./context.js";
import { type Here, type Intent, onHosts } from "./on-hosts.js";

/**
 * Ships the release to each host in turn; the first that fails stops the rest.
 *
 * @throws {DeployError | DeployErrors} for what is wrong before any host is asked; what goes
 *   wrong on a host is in its report
 */
export async function deploy(settings: DeploySettings, context: Context): Promise<Report> {
  const began = performance.now();
  const built = build(settings.content, context.stacks);
  const id = releaseId(context.now(), built.release.sha256);
  if (built.release.ignored.length > 0) {
    context.narrator.line(
      `not deployed, for they are no units: ${built.release.ignored.join(", ")}`,
    );
  }
  const run = await onHosts(settings, context, {
    services: built.services.map(({ name }) => name),
    intend: (here) => intend(here, built, id, settings, context),
  });
  return {
    command: "deploy",
    app: settings.content.app,
    environment: settings.content.environment,
    services: built.services,
    ...run,
    duration: performance.now() - began,
  };
}

async function intend(
  { session, owner, facts }: Here,
  built: Built,
  id: string,
  settings: DeploySettings,
  context: Context,
): Promise<Intent> {
  const { release, services } = built;
  const previous =
    facts.manifest === undefined ? undefined : parseManifest(facts.host, facts.manifest);
  const planned = plan(
    {
      release: id,
      change: "new",
      files: release.files,
      services,
      env: planEnv(release.env, services, facts),
      appDirectory: settings.content.appDirectory,
      prune: settings.prune,
      adopt: settings.adopt,
    },
    facts,
    previous,
  );
  const common = { plan: planned, services, pull: settings.pull };
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

/** Sorts by time, and shows at a glance whether two releases are alike. */
function releaseId(now: Date, sha256: string): string {
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
      ...services.map(({ name, unit }) => ({ name, unit })),
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
      services: [
        ...(previous?.services ?? []),
        ...services.map(({ name, unit }) => ({ name, unit })),
      ],
    },
  };
}
