import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DeployError, deployErrors, type Phase } from "../errors.js";
import { passGate } from "../health/gate.js";
import { type HealthTarget, healthTarget } from "../health/target.js";
import type { Applied, Progress } from "../host/applied.js";
import { readJournals, withEvidence } from "../host/evidence.js";
import { type Asked, readFacts, type Where } from "../host/facts.js";
import { isLost, Line } from "../host/line.js";
import { type Owner, ownerOf } from "../host/owner.js";
import type { Session } from "../host/session.js";
import { transact } from "../host/transact.js";
import { type Adopted, type Application, timeLimit, transactionOf } from "../host/transaction.js";
import type { Facts } from "../plan/facts.js";
import type { Plan } from "../plan/plan.js";
import type { Service } from "../quadlet/services.js";
import { commandsByHand, failureOf } from "../report/ending.js";
import type { FileDiff, HostReport } from "../report/report.js";
import {
  type Content,
  type HostSettings,
  type Login,
  type PullPolicy,
  quadletRoots,
  type RestartPolicy,
  systemdDirs,
} from "../settings/settings.js";
import type { Context } from "./context.js";
import { Stopwatch } from "./stopwatch.js";

/** What a command wants of one host, once it knows the host. */
export interface Intent {
  readonly plan: Plan;
  readonly services: readonly Service[];
  readonly pull: PullPolicy;
  readonly restart: RestartPolicy;
  readonly diffs: readonly FileDiff[];
  /** The release to upload, where the plan makes a new one. */
  readonly archive?: Buffer;
  readonly adopted?: Adopted;
}

export interface Here {
  readonly session: Session;
  readonly owner: Owner;
  readonly facts: Facts;
}

export interface Command {
  /** Services whose state the plan needs. */
  readonly services: (login: Login) => readonly Service[];
  readonly intend: (here: Here, login: Login) => Promise<Intent>;
}

/** A plan that the host no longer matches is made anew this often, and so is a lost connection. */
const attempts = 5;

/** Carries a command out on each host in turn; the first that fails stops the rest. */
export async function onHosts(
  settings: HostSettings,
  context: Context,
  command: Command,
): Promise<{ readonly hosts: readonly HostReport[]; readonly skipped: readonly string[] }> {
  const hosts: HostReport[] = [];
  for (const login of settings.logins) {
    const report = await onHost(login, settings, context, command);
    hosts.push(report);
    if (report.errors.length > 0) break;
  }
  return { hosts, skipped: settings.logins.slice(hosts.length).map((login) => login.name) };
}

async function onHost(
  login: Login,
  settings: HostSettings,
  context: Context,
  command: Command,
): Promise<HostReport> {
  const { narrator } = context;
  const host = login.name;
  const stopwatch = new Stopwatch();
  const work: Work = { login, settings, context, command, stopwatch };
  const seen: Seen = {};
  const finish = (errors: readonly DeployError[]): HostReport => {
    narrator.end(host, errors.length === 0);
    return {
      host,
      release: releaseNow(seen),
      previous: seen.facts?.current ?? "",
      phases: stopwatch.stop(),
      ...seen,
      errors: errors.map((one) => one.with({ host })),
    };
  };
  await using line = new Line(login, settings.access);
  try {
    const deadline = performance.now() + settings.lockTimeout;
    for (let attempt = 1; ; attempt++) {
      try {
        const applied = await attemptOn(line, work, seen, deadline);
        const { kind } = applied.outcome;
        if (kind === "busy") continue;
        if (kind === "stale" && attempt < attempts) continue;
        const { plan, facts } = seen;
        const byHand = plan && facts ? commandsByHand(settings.content.app, plan, facts) : [];
        return finish(failureOf(applied, host, byHand));
      } catch (error) {
        if (!isLost(error) || attempt >= attempts) throw error;
        await line.lose();
        narrator.progress(host, { kind: "warning", text: "the connection was lost; trying again" });
      }
    }
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    return finish(errors);
  }
}

interface Work {
  readonly login: Login;
  readonly settings: HostSettings;
  readonly context: Context;
  readonly command: Command;
  readonly stopwatch: Stopwatch;
}

/** What is known of a host so far, for the report. */
interface Seen {
  facts?: Facts;
  plan?: Plan;
  diffs?: readonly FileDiff[];
  applied?: Applied;
}

/** From the facts to the end of the transaction; nothing has changed where it throws. */
async function attemptOn(
  line: Line,
  { login, settings, context, command, stopwatch }: Work,
  seen: Seen,
  deadline: number,
): Promise<Applied> {
  const { content, access, health } = settings;
  const { narrator } = context;
  const host = login.name;
  const enter = (phase: Phase) => {
    refuseCancelled(context.cancel, host, phase);
    stopwatch.start(phase);
    narrator.phase(host, phase);
  };
  const onProgress = (progress: Progress) => {
    if (progress.kind === "phase") stopwatch.start(progress.phase);
    narrator.progress(host, progress);
  };
  const owner = ownerOf(content, login, access);
  enter("connect");
  const session = await line.session();
  enter("facts");
  const facts = await untilFree(
    () =>
      readFacts(session, owner, whereOn(content), {
        ...askedOf(command.services(login)),
        prepare: true,
      }),
    deadline,
    context,
    host,
  );
  seen.facts = facts;
  enter("plan");
  const intent = await command.intend({ session, owner, facts }, login);
  const { plan } = intent;
  seen.plan = plan;
  seen.diffs = intent.diffs;
  narrator.plan(host, plan);
  const target = healthTarget(health, intent.services, login.host);
  let archive: string | undefined;
  if (intent.archive !== undefined && plan.change === "new") {
    enter("upload");
    archive = await session.upload(intent.archive);
  }
  const holder = [context.actor || "somebody", context.run].filter(Boolean).join(", ");
  const application = applicationOf(settings, intent, target, holder);
  enter("begin");
  const id = randomBytes(8).toString("hex");
  const applied = await transact(line, owner, transactionOf(id, plan, owner, application), {
    timeout: timeLimit(application) + 60_000,
    ...(archive === undefined ? {} : { archive }),
    cancel: context.cancel,
    confirm: (soFar) => confirm(line, owner, target, settings, soFar, onProgress, host),
    onProgress,
  });
  seen.applied = applied;
  await gatherEvidence(line, owner, applied);
  return applied;
}

/** The runner's own gate; a failure is kept, and its journals are read before all is put back. */
async function confirm(
  line: Line,
  owner: Owner,
  target: HealthTarget,
  { health }: HostSettings,
  applied: Applied,
  onProgress: (progress: Progress) => void,
  host: string,
): Promise<boolean> {
  if (target.fromRunner === undefined) return true;
  const { healthy, last } = await passGate(target.fromRunner, health, (answer) =>
    onProgress({ kind: "answer", from: "runner", answer }),
  );
  applied.answer = last;
  if (healthy) return true;
  applied.failure = unhealthy(host, target.fromRunner, last.trouble);
  try {
    await readJournals(await line.session(), owner, target.services, applied);
  } catch {
    // That the journal cannot be had must not keep the host from hearing the verdict.
  }
  return false;
}

async function gatherEvidence(line: Line, owner: Owner, applied: Applied): Promise<void> {
  if (applied.failure === undefined) return;
  if (applied.suspects.services.length > 0) {
    try {
      await readJournals(await line.session(), owner, applied.suspects.services, applied);
    } catch {
      // What failed is known; that its journal cannot be had as well is no news.
    }
  }
  applied.failure = withEvidence(applied.failure, applied);
}

/** Waits for whoever deploys the same app at this moment. */
async function untilFree(
  read: () => Promise<Facts>,
  deadline: number,
  context: Context,
  host: string,
): Promise<Facts> {
  let told = "";
  for (;;) {
    const facts = await read();
    const { holder } = facts;
    if (holder === undefined) return facts;
    const since = new Date(context.now().getTime() - holder.age * 1000).toISOString();
    const who = `${holder.description}, since ${since.slice(0, 19)}Z`;
    if (performance.now() >= deadline) {
      throw new DeployError({
        host,
        phase: "begin",
        object: "lock",
        cause: `another deploy of this app is at work (${who}); nothing was changed`,
        remedy: "Wait for it, or raise `lock-timeout`.",
      });
    }
    if (told !== holder.description) {
      context.narrator.progress(host, { kind: "note", text: `waiting for another deploy: ${who}` });
    }
    told = holder.description;
    await sleep(1000, undefined, { signal: context.cancel }).catch(() => {});
    refuseCancelled(context.cancel, host, "begin");
  }
}

export function refuseCancelled(cancel: AbortSignal, host: string, phase: Phase): void {
  if (!cancel.aborted) return;
  throw new DeployError({ host, phase, cause: "the deploy was cancelled; nothing was changed" });
}

/** Which release a host runs, as far as that is known. */
function releaseNow({ facts, plan, applied }: Seen): string {
  const before = facts?.current ?? "";
  switch (applied?.outcome.kind) {
    case "committed":
    case "left":
      return plan?.release ?? "";
    case "stuck":
    case "unknown":
      return applied.flipped ? "" : before;
    default:
      return before;
  }
}

/** How a plan is carried out, as the settings and the command say. */
export function applicationOf(
  settings: HostSettings,
  { pull, restart, adopted }: Intent,
  target: HealthTarget,
  holder: string,
): Application {
  return {
    app: settings.content.app,
    pull,
    restart,
    stableFor: settings.stableFor,
    health: settings.health,
    target,
    rollback: settings.rollback,
    keepReleases: settings.keepReleases,
    holder,
    ...(adopted === undefined ? {} : { adopted }),
  };
}

/** What the facts have to say of services. */
export function askedOf(services: readonly Service[]): Omit<Asked, "prepare"> {
  return {
    services: services.filter(({ startable }) => startable).map(({ name }) => name),
    secrets: [...new Set(services.flatMap(({ secrets }) => secrets))],
  };
}

export function whereOn(content: Content): Where {
  const base = content.scope === "rootful" ? "/etc" : "%h/.config";
  return {
    app: content.app,
    quadletRoot: quadletRoots[content.scope],
    quadletDir: content.quadletDir,
    systemdDir: systemdDirs[content.scope],
    stateDir: `${base}/containers/quadlet-deploy/${content.app}`,
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
