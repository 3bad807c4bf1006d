import { type DeployError, deployErrors, type Phase } from "../errors.js";
import { healthTarget } from "../health/target.js";
import { readFacts } from "../host/facts.js";
import { Line } from "../host/line.js";
import { ownerOf } from "../host/owner.js";
import { previewOn } from "../host/preview.js";
import { factsOfEmptyHost } from "../plan/facts.js";
import { plan } from "../plan/plan.js";
import { movedServices } from "../plan/preview.js";
import type { HostReport, Report } from "../report/report.js";
import {
  type Login,
  type OfflinePlanSettings,
  type PlanSettings,
  systemdDirs,
} from "../settings/settings.js";
import { type Built, build } from "./build.js";
import type { Context } from "./context.js";
import { diffsOf } from "./diffs.js";
import { atSource, withRunners, withVerified } from "./host-messages.js";
import { applicationOf, askedOf, refuseCancelled, whereOn } from "./on-hosts.js";
import { goalOf, previousOf, releaseId, ship } from "./ship.js";
import { Stopwatch } from "./stopwatch.js";

/**
 * Says what a deploy would change on each host, and why, and whether the host's own Podman accepts
 * it. Changes nothing. Unlike a deploy it goes on to the next host after one that fails.
 *
 * @throws {DeployError | DeployErrors} for what is wrong before any host is asked
 */
export async function planDeploy(
  settings: PlanSettings | OfflinePlanSettings,
  context: Context,
): Promise<Report> {
  const began = performance.now();
  const built = build(settings.content, context.stacks);
  const id = releaseId(context.now(), built.release.sha256);
  const hosts: HostReport[] = [];
  if (settings.offline) hosts.push(planOffline(settings, built, id));
  else {
    for (const login of settings.logins) {
      hosts.push(await planOn(login, settings, built, id, context));
    }
  }
  return {
    command: "plan",
    app: settings.content.app,
    environment: settings.content.environment,
    services: built.services,
    findings: settings.offline
      ? await withRunners(built, settings.content.scope)
      : withVerified(built, hosts),
    hosts,
    skipped: [],
    duration: performance.now() - began,
  };
}

async function planOn(
  login: Login,
  settings: PlanSettings,
  built: Built,
  id: string,
  context: Context,
): Promise<HostReport> {
  const { content, access, health } = settings;
  const { narrator } = context;
  const stopwatch = new Stopwatch();
  const enter = (phase: Phase) => {
    refuseCancelled(context.cancel, login.name, phase);
    stopwatch.start(phase);
    narrator.phase(login.name, phase);
  };
  const seen: { -readonly [Key in "facts" | "plan" | "diffs" | "preview"]?: HostReport[Key] } = {};
  const finish = (errors: readonly DeployError[]): HostReport => {
    narrator.end(login.name, errors.length === 0);
    const current = seen.facts?.current ?? "";
    return {
      host: login.name,
      release: current,
      previous: current,
      phases: stopwatch.stop(),
      ...seen,
      errors: errors.map((one) => one.with({ host: login.name })),
    };
  };
  await using line = new Line(login, access);
  try {
    enter("connect");
    const session = await line.session();
    const owner = ownerOf(content, login, access.sudo);
    enter("facts");
    const asked = { ...askedOf(built.services), prepare: false };
    const facts = await readFacts(session, owner, whereOn(content), asked);
    seen.facts = facts;
    enter("plan");
    const intent = await ship({ session, owner, facts }, built, id, settings, context);
    seen.plan = intent.plan;
    seen.diffs = intent.diffs;
    const target = healthTarget(health, built.services, login.host);
    const application = applicationOf(settings, intent, target, "");
    const archive = intent.archive && (await session.upload(intent.archive));
    enter("validate");
    seen.preview = await previewOn(session, owner, intent.plan, application, archive);
    const moved = movedServices(seen.preview);
    if (moved.size > 0) {
      seen.plan = plan(goalOf(built, id, settings, facts, moved), facts, previousOf(facts));
    }
    return finish([]);
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    return finish(errors.flatMap((one) => atSource(one, built.release)));
  }
}

/** Against a host that has nothing yet, which nobody is asked about. */
function planOffline(settings: OfflinePlanSettings, built: Built, id: string): HostReport {
  const { content } = settings;
  const facts = factsOfEmptyHost({
    rootful: content.scope === "rootful",
    quadlet: content.quadletDir,
    systemd: systemdDirs[content.scope],
    state: whereOn(content).stateDir,
  });
  const planned = plan(goalOf(built, id, settings, facts), facts, undefined);
  return {
    host: facts.host,
    release: "",
    previous: "",
    phases: [],
    plan: planned,
    diffs: diffsOf(planned, built.release.files, new Map()),
    errors: [],
  };
}
