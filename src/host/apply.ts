import { DeployError, type Phase } from "../errors.js";
import type { Answer } from "../health/gate.js";
import type { HealthTarget } from "../health/target.js";
import type { Plan } from "../plan/plan.js";
import type { HealthSettings, PullPolicy } from "../settings/settings.js";
import { type Event, field, freeText, textLines } from "./events.js";
import type { Owner } from "./owner.js";
import env from "./programs/env.sh";
import failure from "./programs/failure.sh";
import flip from "./programs/flip.sh";
import health from "./programs/health.sh";
import journals from "./programs/journals.sh";
import pull from "./programs/pull.sh";
import reload from "./programs/reload.sh";
import restart from "./programs/restart.sh";
import steps from "./programs/steps.sh";
import transaction from "./programs/transaction.sh";
import unpack from "./programs/unpack.sh";
import validate from "./programs/validate.sh";
import { runAsOwner } from "./remote.js";
import type { Session } from "./session.js";

const transactionProgram = [
  transaction,
  failure,
  env,
  unpack,
  validate,
  pull,
  flip,
  reload,
  restart,
  health,
  steps,
].join("\n");

export interface ServiceReport {
  readonly name: string;
  readonly active: string;
  readonly sub: string;
  readonly result: string;
  /** How often systemd has restarted it by itself. */
  readonly restarts: number;
  /** How long its last start took, in ms. */
  readonly startTime: number;
}

export interface ImageReport {
  readonly service: string;
  readonly image: string;
  readonly id: string;
  readonly digest: string;
}

/** What happened on the host, as far as it went. */
export interface Applied {
  /** Whether the new release became current. */
  flipped: boolean;
  restarted: readonly string[];
  readonly services: Map<string, ServiceReport>;
  readonly images: ImageReport[];
  answer?: Answer;
  readonly journals: Map<string, readonly string[]>;
  error?: unknown;
  /** The host's clock when it began, in seconds; journals are asked from there. */
  since: string;
}

/** What is said while it happens. */
export type Progress =
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "image"; readonly report: ImageReport }
  | { readonly kind: "restarting"; readonly services: readonly string[] }
  | { readonly kind: "service"; readonly report: ServiceReport }
  | { readonly kind: "answer"; readonly from: "host" | "runner"; readonly answer: Answer }
  | { readonly kind: "warning"; readonly text: string };

export interface Application {
  /** The new release's name. */
  readonly release: string;
  readonly app: string;
  readonly pull: PullPolicy;
  /** ms */
  readonly stableFor: number;
  readonly stateDir: string;
  readonly health: HealthSettings;
  readonly target: HealthTarget;
  /** The uploaded release, where the plan needs a new one. */
  readonly archive?: string;
}

/** Applies a plan on the host. Never throws: what went wrong is part of what happened. */
export async function applyPlan(
  session: Session,
  owner: Owner,
  plan: Plan,
  how: Application,
  onProgress: (progress: Progress) => void,
): Promise<Applied> {
  const applied: Applied = {
    flipped: false,
    restarted: [],
    services: new Map(),
    images: [],
    journals: new Map(),
    since: "0",
  };
  let phase: Phase = "connect";
  let finished = false;
  try {
    await runAsOwner(
      session,
      owner,
      {
        text: transactionProgram,
        parameters: parameters(plan, how),
        prepare: false,
        timeout: 900_000 + how.health.timeout * 2,
        ...(how.archive === undefined ? {} : { archive: how.archive }),
      },
      (event) => {
        if (event.name === "finished") finished = true;
        const progress = record(applied, event);
        if (progress?.kind === "phase") phase = progress.phase;
        if (progress) onProgress(progress);
      },
    );
    if (!finished) throw endedEarly(session.host, phase);
  } catch (error) {
    applied.error = withEvidence(error, applied);
  }
  return applied;
}

/** A shell that something ends early can still end with 0; only the program's own word counts. */
function endedEarly(host: string, phase: Phase): DeployError {
  return new DeployError({
    host,
    phase,
    cause: "the program on the host ended early, without a word on why",
    remedy: "Run the deploy again; it starts whatever this one left behind.",
  });
}

/** Reads the last journal lines of the services that a health check asks. */
export async function readJournals(
  session: Session,
  owner: Owner,
  services: readonly string[],
  applied: Applied,
): Promise<void> {
  await runAsOwner(
    session,
    owner,
    {
      text: `${failure}\n${journals}`,
      parameters: { QD_SINCE: applied.since, QD_HEALTH_SERVICES: services.join(" ") },
      prepare: false,
      timeout: 60_000,
    },
    (event) => record(applied, event),
  );
}

function parameters(plan: Plan, how: Application): Readonly<Record<string, string>> {
  const named = (...actions: readonly string[]) =>
    plan.services
      .filter((service) => actions.includes(service.action))
      .map((service) => service.name)
      .join(" ");
  // As the host's programs count time, see `now` there.
  const hundredths = (ms: number) => String(Math.ceil(ms / 10));
  return {
    QD_APP: how.app,
    QD_STATE: how.stateDir,
    QD_QDIR: plan.directories.quadlet,
    QD_RELEASE: how.release,
    QD_ENV: plan.env.used ? "yes" : "no",
    QD_NEW: plan.newRelease ? "yes" : "no",
    QD_ADD: plan.links.add.map((link) => `${link.path}\t${link.target}`).join("\n"),
    QD_REMOVE: plan.links.remove.join("\n"),
    QD_DIRECTORIES: plan.directories.data.join("\n"),
    QD_STOP: named("stop"),
    QD_RESTART: named("start", "restart"),
    QD_WATCHED: plan.services
      .filter((service) => service.up)
      .map((service) => service.name)
      .join(" "),
    QD_EXPECTED: plan.expected.map(({ service, path }) => `${service}\t${path}`).join("\n"),
    QD_IMAGES: plan.images.map(({ service, image }) => `${service}\t${image}`).join("\n"),
    QD_PULL: how.pull,
    QD_STABLE_FOR: hundredths(how.stableFor),
    QD_HEALTH_URL: how.target.fromHost ?? "",
    QD_HEALTH_SERVICES: how.target.services.join(" "),
    QD_HEALTH_TIMEOUT: hundredths(how.health.timeout),
    QD_HEALTH_INTERVAL: hundredths(how.health.interval),
    QD_HEALTH_SUCCESSES: String(how.health.successes),
    QD_HEALTH_STATUS: how.health.status.map(({ from, to }) => `${from}-${to}`).join(" "),
  };
}

function record(applied: Applied, event: Event): Progress | undefined {
  switch (event.name) {
    case "started":
      applied.since = field(event, 0);
      return undefined;
    case "step":
      return { kind: "phase", phase: field(event, 0) as Phase };
    case "flipped":
      applied.flipped = true;
      return undefined;
    case "image": {
      const [service = "", image = "", id = "", digest = ""] = event.fields;
      const report = { service, image, id, digest };
      applied.images.push(report);
      return { kind: "image", report };
    }
    case "restarting": {
      applied.restarted = field(event, 0).split(" ");
      return { kind: "restarting", services: applied.restarted };
    }
    case "state": {
      const [name = "", active = "", sub = "", result = "", restarts, startTime] = event.fields;
      const report: ServiceReport = {
        name,
        active,
        sub,
        result,
        restarts: Number(restarts) || 0,
        startTime: Math.max(0, Number(startTime) || 0),
      };
      applied.services.set(name, report);
      return { kind: "service", report };
    }
    case "answer": {
      const answer = {
        status: Number(field(event, 0)),
        body: "",
        location: "",
        trouble: freeText(event, 1),
      };
      return { kind: "answer", from: "host", answer };
    }
    case "healthy":
      applied.answer = {
        status: Number(field(event, 0)),
        body: freeText(event, 1),
        location: "",
        trouble: "",
      };
      return undefined;
    case "response":
      applied.answer = {
        status: Number(field(event, 0)),
        location: freeText(event, 1),
        body: freeText(event, 2),
        trouble: "",
      };
      return undefined;
    case "journal":
      applied.journals.set(field(event, 0), textLines(freeText(event, 1)));
      return undefined;
    case "network-wait":
      return {
        kind: "warning",
        text: "rootless units wait for network-online.target, up to 90 s; end it on the host with: sudo systemctl start network-online.target",
      };
    default:
      return undefined;
  }
}

/** Adds what the host knows about a failure: the answer, and the journals. */
export function withEvidence(error: unknown, applied: Applied): unknown {
  if (!(error instanceof DeployError)) return error;
  const { answer } = applied;
  const response =
    error.parts.phase === "health" && answer && answer.status !== 0
      ? [
          `answer: HTTP ${answer.status}${answer.location ? `, to ${answer.location}` : ""}`,
          ...textLines(answer.body).map((line) => `  ${line}`),
        ]
      : [];
  const said = [...applied.journals].flatMap(([service, lines]) => [
    `journal of ${service}:`,
    ...(lines.length > 0 ? lines : ["(nothing since the deploy began)"]).map((line) => `  ${line}`),
  ]);
  const answered = response.length > 0 ? ` (it answers HTTP ${answer?.status})` : "";
  return new DeployError({
    ...error.parts,
    cause: `${error.parts.cause}${answered}`,
    details: [...(error.parts.details ?? []), ...response, ...said],
  });
}
