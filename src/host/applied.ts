import type { DeployError, Phase } from "../errors.js";
import type { Answer } from "../health/gate.js";
import { type Event, field, freeText, textLines } from "./events.js";
import { explainFailure } from "./explain.js";
import type { Owner } from "./owner.js";

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

/** Whether a release is well: `none` where there was none. */
export type Health = "healthy" | "unhealthy" | "none";

/** How a transaction ended. */
export type Outcome =
  | { readonly kind: "committed" }
  /** It failed before anything was changed. */
  | { readonly kind: "unchanged" }
  /** Everything is as it was before; `time` is how long that took, in ms. */
  | { readonly kind: "reverted"; readonly now: Health; readonly was: Health; readonly time: number }
  /** It could not be put back; what the host said. */
  | { readonly kind: "stuck"; readonly said: readonly string[] }
  /** It failed, and `rollback` is off: the new release is there to be looked at. */
  | { readonly kind: "left" }
  /** Somebody else holds the lock, or the host is not as the plan saw it; nothing was done. */
  | { readonly kind: "busy" | "stale" }
  /** Nobody knows: the host does not answer any more. It ends the deploy by itself. */
  | { readonly kind: "unknown" };

/** What happened on the host, as far as it went. */
export interface Applied {
  /** Whether the new release became current, for a while at least. */
  flipped: boolean;
  restarted: readonly string[];
  readonly services: Map<string, ServiceReport>;
  readonly images: ImageReport[];
  answer?: Answer;
  /** Services that a failure is about, and when it was, on the host's clock in seconds. */
  suspects: { readonly services: readonly string[]; readonly at: string };
  readonly journals: Map<string, readonly string[]>;
  /** The step at work, on the way forward. */
  phase: Phase;
  /** What systemd says of the units, as `systemd-analyze verify` prints it. */
  verified: readonly string[];
  /** What went wrong first. */
  failure?: DeployError;
  calledOff: boolean;
  /** The guard had to end it: its own program was dead. */
  guarded: boolean;
  outcome: Outcome;
  /** The host's clock when it began, in seconds; journals are asked from there. */
  since: string;
}

export function nothingApplied(): Applied {
  return {
    flipped: false,
    restarted: [],
    services: new Map(),
    images: [],
    suspects: { services: [], at: "" },
    journals: new Map(),
    phase: "begin",
    verified: [],
    calledOff: false,
    guarded: false,
    outcome: { kind: "unknown" },
    since: "0",
  };
}

/** What is said while it happens. */
export type Progress =
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "image"; readonly report: ImageReport }
  | { readonly kind: "restarting"; readonly services: readonly string[] }
  | { readonly kind: "reverting"; readonly services: readonly string[]; readonly why: string }
  | { readonly kind: "service"; readonly report: ServiceReport }
  | { readonly kind: "answer"; readonly from: "host" | "runner"; readonly answer: Answer }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "warning"; readonly text: string };

/** Takes one event of the log into account; answers with what there is to tell. */
export function record(
  applied: Applied,
  event: Event,
  host: string,
  owner: Owner,
): Progress | undefined {
  switch (event.name) {
    case "started":
      applied.since = field(event, 0);
      return undefined;
    case "step": {
      const phase = field(event, 0) as Phase;
      if (!phase.startsWith("revert")) applied.phase = phase;
      return { kind: "phase", phase };
    }
    case "flipped":
      applied.flipped = true;
      return undefined;
    case "image": {
      const [service = "", image = "", id = "", digest = ""] = event.fields;
      const report = { service, image, id, digest };
      applied.images.push(report);
      return { kind: "image", report };
    }
    case "verified":
      applied.verified = textLines(freeText(event, 0));
      return undefined;
    case "restarting": {
      applied.restarted = names(field(event, 0));
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
    case "suspects":
      applied.suspects = { services: names(field(event, 0)), at: field(event, 1) };
      return undefined;
    case "fail":
      applied.failure ??= explainFailure(host, owner, event);
      return undefined;
    case "called-off":
      applied.calledOff = true;
      return undefined;
    case "guarding":
      applied.guarded = true;
      return { kind: "warning", text: "its program was ended; the host's guard takes over" };
    case "reverting": {
      const services = names(field(event, 0));
      return { kind: "reverting", services, why: applied.failure?.parts.cause ?? "" };
    }
    case "stuck":
      applied.outcome = { kind: "stuck", said: textLines(freeText(event, 0)) };
      return undefined;
    case "image-gone":
      return {
        kind: "warning",
        text: `the image that ${field(event, 0)} stood for before is gone from the host (${freeText(event, 1).trim()})`,
      };
    case "repairing":
      return {
        kind: "warning",
        text: `an earlier deploy (${freeText(event, 0).trim() || "of an unknown run"}) never ended; it is put right first`,
      };
    case "repaired":
      return { kind: "warning", text: `the earlier deploy ${ending(event.fields)}` };
    case "pruned":
      return { kind: "note", text: `removed old releases: ${field(event, 0)}` };
    case "end":
      applied.outcome = outcome(event.fields);
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

function names(text: string): readonly string[] {
  return text.split(" ").filter((name) => name !== "");
}

function outcome([kind = "", now, was, time]: readonly string[]): Outcome {
  switch (kind) {
    case "committed":
    case "unchanged":
    case "left":
    case "busy":
    case "stale":
      return { kind };
    case "reverted":
      return {
        kind,
        now: (now ?? "none") as Health,
        was: (was ?? "none") as Health,
        time: 10 * (Number(time) || 0),
      };
    default:
      return { kind: "unknown" };
  }
}

/** How an earlier transaction ended, from the fields of its `end`. */
function ending(fields: readonly string[]): string {
  const ended = outcome(fields);
  switch (ended.kind) {
    case "reverted":
      return `was put back; its release before is ${ended.now === "none" ? "gone, there was none" : ended.now}`;
    case "committed":
      return "was complete";
    default:
      return "had changed nothing";
  }
}
