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
import { type Builds, type Built, buildAll } from "./build.js";
import type { Context } from "./context.js";
import { diffsOf } from "./diffs.js";
import { atSource, once, servicesAndFindings, withRunners } from "./host-messages.js";
import { sayLeftOut } from "./left-out.js";
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
  const names = settings.offline ? settings.hosts : settings.logins.map(({ name }) => name);
  const builds = buildAll(settings.content, names, {
    stacks: context.stacks,
    rollback: settings.rollback,
  });
  const now = context.now();
  const idOf = ({ release }: Built) => releaseId(now, release.sha256);
  sayLeftOut(builds, settings.content, context.narrator);
  if (settings.offline) return planOffline(settings, builds, idOf, began);
  const hosts: HostReport[] = [];
  for (const login of settings.logins) {
    const built = builds.of(login.name);
    hosts.push(await planOn(login, settings, built, idOf(built), context));
  }
  return {
    command: "plan",
    app: settings.content.app,
    environment: settings.content.environment,
    ...servicesAndFindings(builds, hosts),
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
    const owner = ownerOf(content, login, access);
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

/** Against a host that has nothing yet, which nobody is asked about; once for each release. */
async function planOffline(
  settings: OfflinePlanSettings,
  builds: Builds,
  idOf: (built: Built) => string,
  began: number,
): Promise<Report> {
  const { app, environment, scope } = settings.content;
  const { services, findings } = servicesAndFindings(builds, []);
  const said = await Promise.all(builds.all.map((built) => withRunners(built, scope)));
  return {
    command: "plan",
    app,
    environment,
    services,
    findings: once([...findings, ...said.flat()]),
    hosts: builds.all.map((built) => {
      const its = settings.hosts.filter((name) => builds.of(name) === built);
      return planForEmpty(settings, built, idOf(built), its.join(", "));
    }),
    skipped: [],
    duration: performance.now() - began,
  };
}

/** @param names of the hosts in the inventory that get this release; "" without one */
function planForEmpty(
  settings: OfflinePlanSettings,
  built: Built,
  id: string,
  names: string,
): HostReport {
  const { content } = settings;
  const facts = factsOfEmptyHost({
    rootful: content.scope === "rootful",
    quadlet: content.quadletDir,
    systemd: systemdDirs[content.scope],
    state: whereOn(content).stateDir,
  });
  const planned = plan(goalOf(built, id, settings, facts), facts, undefined);
  return {
    host: names || facts.host,
    release: "",
    previous: "",
    phases: [],
    plan: planned,
    diffs: diffsOf(planned, built.release.files, new Map()),
    errors: [],
  };
}
