import type { DeployError, Phase } from "../errors.js";
import type { Applied } from "../host/applied.js";
import type { Facts } from "../plan/facts.js";
import type { Plan } from "../plan/plan.js";
import type { Preview } from "../plan/preview.js";
import type { Finding } from "../quadlet/rules/finding.js";
import type { Service } from "../quadlet/services.js";
import { stateAfter } from "./ending.js";

export interface PhaseTime {
  readonly phase: Phase;
  /** ms */
  readonly time: number;
}

/** A file before and after, as text; without one of them where it is new or goes. */
export interface FileDiff {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a deploy came to on one host. */
export interface HostReport {
  readonly host: string;
  /** The release that the host runs now; "" where that is not known. */
  readonly release: string;
  readonly previous: string;
  readonly phases: readonly PhaseTime[];
  readonly facts?: Facts;
  readonly plan?: Plan;
  readonly diffs?: readonly FileDiff[];
  /** What a plan's look at the host found. */
  readonly preview?: Preview;
  readonly applied?: Applied;
  /** Empty where all went well. */
  readonly errors: readonly DeployError[];
}

/** What a deploy came to. */
export interface Report {
  readonly command: "deploy" | "plan" | "rollback";
  readonly app: string;
  readonly environment: string;
  readonly services: readonly Service[];
  /** What the check of the units says that stops nothing. */
  readonly findings: readonly Finding[];
  readonly hosts: readonly HostReport[];
  /** Hosts that were not tried, since one before them failed. */
  readonly skipped: readonly string[];
  /** ms */
  readonly duration: number;
}

export function succeeded(report: Report): boolean {
  return report.hosts.every((host) => host.errors.length === 0) && report.skipped.length === 0;
}

/** Whether anything on the host is not as it was before. */
export function hasChanged(host: HostReport): boolean {
  const { applied } = host;
  const kind = applied?.outcome.kind;
  if (applied === undefined || kind === "unchanged" || kind === "reverted") return false;
  return applied.flipped || applied.restarted.length > 0;
}

/** Whether a deploy would change anything. */
export function wouldChange({ plan }: HostReport): boolean {
  return (
    plan !== undefined &&
    (plan.change !== "none" || plan.services.some(({ action }) => action !== "keep"))
  );
}

const verbs = { deploy: "Deploying", plan: "Planning", rollback: "Rolling back" } as const;

/** One sentence for people who read nothing else. */
export function sentence(report: Report): string {
  const where = report.environment === "" ? "" : ` to ${report.environment}`;
  const failed = report.hosts.find((host) => host.errors.length > 0);
  if (failed) {
    const { phase } = failed.errors[0]?.parts ?? {};
    const state = stateAfter(failed.applied?.outcome, failed.previous);
    return `${verbs[report.command]} ${report.app}${where} failed on ${failed.host} (${phase}); ${state}.`;
  }
  const hosts = report.hosts.map((host) => host.host).join(", ");
  if (report.command === "plan") {
    return report.hosts.some(wouldChange)
      ? `A deploy of ${report.app}${where} would change ${report.hosts.filter(wouldChange).map(changesOf).join("; ")}.`
      : `A deploy of ${report.app}${where} would change nothing on ${hosts}.`;
  }
  return report.hosts.some(hasChanged)
    ? `${report.command === "deploy" ? "Deployed" : "Rolled back"} ${report.app}${where}: ${hosts} ${report.hosts.length > 1 ? "run" : "runs"} ${report.hosts[0]?.release}.`
    : `Nothing changed for ${report.app}${where}: ${hosts} ${report.hosts.length > 1 ? "run" : "runs"} ${report.hosts[0]?.release}.`;
}

/** `web1 (2 files, restart web.service)` */
function changesOf({ host, plan }: HostReport): string {
  const files = plan?.files.filter(({ change }) => change !== "unchanged").length ?? 0;
  const keys = (plan?.env.set.length ?? 0) + (plan?.env.removed?.length ?? 0);
  const moves = ["start", "restart", "stop"].flatMap((action) => {
    const names = plan?.services.filter((one) => one.action === action).map(({ name }) => name);
    return names?.length ? [`${action} ${names.join(", ")}`] : [];
  });
  const count = (number: number, what: string) =>
    number === 0 ? [] : [`${number} ${what}${number === 1 ? "" : "s"}`];
  return `${host} (${[...count(files, "file"), ...count(keys, "variable"), ...moves].join(", ")})`;
}
