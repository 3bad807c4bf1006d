import { DeployError, deployErrors, type Phase } from "../errors.js";
import { passGate } from "../health/gate.js";
import { healthTarget } from "../health/target.js";
import {
  type Applied,
  applyPlan,
  type Progress,
  readJournals,
  withEvidence,
} from "../host/apply.js";
import { archive } from "../host/archive.js";
import { readFacts, type Where } from "../host/facts.js";
import { ownerOf } from "../host/owner.js";
import { connect } from "../host/ssh.js";
import type { Facts } from "../plan/facts.js";
import { type Manifest, parseManifest } from "../plan/manifest.js";
import { type Plan, plan } from "../plan/plan.js";
import type { HostReport, Report } from "../report/report.js";
import {
  type Content,
  type DeploySettings,
  type Login,
  quadletRoots,
  systemdDirs,
} from "../settings/settings.js";
import { type Built, build } from "./build.js";
import type { Context } from "./context.js";
import { Stopwatch } from "./stopwatch.js";

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
  const hosts: HostReport[] = [];
  for (const login of settings.logins) {
    const report = await deployTo(login, built, id, settings, context);
    hosts.push(report);
    if (report.errors.length > 0) break;
  }
  return {
    app: settings.content.app,
    environment: settings.content.environment,
    services: built.services,
    hosts,
    skipped: settings.logins.slice(hosts.length).map((login) => login.name),
    duration: performance.now() - began,
  };
}

async function deployTo(
  login: Login,
  built: Built,
  id: string,
  settings: DeploySettings,
  context: Context,
): Promise<HostReport> {
  const { content, access, health } = settings;
  const { release, services } = built;
  const { narrator } = context;
  const host = login.name;
  const stopwatch = new Stopwatch();
  const enter = (phase: Phase) => {
    stopwatch.start(phase);
    narrator.phase(host, phase);
  };
  const onProgress = (progress: Progress) => {
    if (progress.kind === "phase") stopwatch.start(progress.phase);
    narrator.progress(host, progress);
  };
  let facts: Facts | undefined;
  let planned: Plan | undefined;
  let applied: Applied | undefined;
  const finish = (errors: readonly DeployError[]): HostReport => {
    narrator.end(host, errors.length === 0);
    const runsNew = applied?.flipped === true;
    return {
      host,
      release: runsNew ? id : (facts?.current ?? ""),
      previous: facts?.current ?? "",
      phases: stopwatch.stop(),
      ...(facts ? { facts } : {}),
      ...(planned ? { plan: planned } : {}),
      ...(applied ? { applied } : {}),
      errors,
    };
  };

  try {
    const target = healthTarget(health, services, login.host);
    const owner = ownerOf(content, login, access.sudo);
    enter("connect");
    await using session = await connect(login, access);
    enter("facts");
    facts = await readFacts(
      session,
      owner,
      whereOn(content),
      services.map(({ name }) => name),
    );
    enter("plan");
    const previous = facts.manifest === undefined ? undefined : parseManifest(host, facts.manifest);
    planned = plan(release, services, facts, previous, content.appDirectory);
    narrator.plan(host, planned);
    let uploaded: string | undefined;
    if (planned.newRelease) {
      enter("upload");
      uploaded = await session.upload(await archive(release, manifest(id, built, context)));
    }
    applied = await applyPlan(
      session,
      owner,
      planned,
      {
        release: id,
        app: content.app,
        stateDir: facts.state.path,
        pull: settings.pull,
        stableFor: settings.stableFor,
        health,
        target,
        ...(uploaded === undefined ? {} : { archive: uploaded }),
      },
      onProgress,
    );
    if (applied.error !== undefined) throw applied.error;
    if (target.fromRunner !== undefined) {
      enter("health");
      const { healthy, last } = await passGate(target.fromRunner, health, (answer) =>
        narrator.progress(host, { kind: "answer", from: "runner", answer }),
      );
      applied.answer = last;
      if (!healthy) {
        await readJournals(session, owner, target.services, applied);
        throw withEvidence(unhealthy(host, target.fromRunner, last.trouble), applied);
      }
    }
    return finish([]);
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    return finish(errors.map((one) => one.with({ host })));
  }
}

/** Sorts by time, and shows at a glance whether two releases are alike. */
function releaseId(now: Date, sha256: string): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${sha256.slice(0, 8)}`;
}

function whereOn(content: Content): Where {
  const base = content.scope === "rootful" ? "/etc" : "%h/.config";
  return {
    quadletRoot: quadletRoots[content.scope],
    quadletDir: content.quadletDir,
    systemdDir: systemdDirs[content.scope],
    stateDir: `${base}/containers/quadlet-deploy/${content.app}`,
  };
}

function manifest(id: string, { release, services }: Built, context: Context): Manifest {
  return {
    version: 1,
    app: release.app,
    environment: release.environment,
    release: id,
    created: context.now().toISOString(),
    actor: context.actor,
    run: context.run,
    files: release.files.map(({ place, path, sha256, layer, source }) => ({
      place,
      path,
      sha256,
      layer,
      source,
    })),
    services: services.map(({ name, unit }) => ({ name, unit })),
  };
}

function unhealthy(host: string, url: string, trouble: string): DeployError {
  return new DeployError({
    host,
    phase: "health",
    object: url,
    cause: `the application did not become healthy in time, asked by the runner${trouble ? ` (${trouble})` : ""}`,
    remedy: "Is the port open to the runner? The host itself can ask with `health-from: host`.",
  });
}
