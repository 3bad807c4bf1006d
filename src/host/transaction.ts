import type { HealthTarget } from "../health/target.js";
import { type Manifest, manifestText } from "../plan/manifest.js";
import type { Plan } from "../plan/plan.js";
import { isTemplate } from "../quadlet/kinds.js";
import type { HealthSettings, PullPolicy, RestartPolicy } from "../settings/settings.js";
import type { Owner } from "./owner.js";
import arm from "./programs/arm.sh";
import claim from "./programs/claim.sh";
import commit from "./programs/commit.sh";
import common from "./programs/common.sh";
import confirm from "./programs/confirm.sh";
import env from "./programs/env.sh";
import failure from "./programs/failure.sh";
import flip from "./programs/flip.sh";
import guard from "./programs/guard.sh";
import health from "./programs/health.sh";
import prove from "./programs/prove.sh";
import pull from "./programs/pull.sh";
import reload from "./programs/reload.sh";
import restart from "./programs/restart.sh";
import revert from "./programs/revert.sh";
import save from "./programs/save.sh";
import steps from "./programs/steps.sh";
import transaction from "./programs/transaction.sh";
import unpack from "./programs/unpack.sh";
import validate from "./programs/validate.sh";
import { assignments } from "./shell.js";

export interface Application {
  readonly app: string;
  readonly pull: PullPolicy;
  readonly restart: RestartPolicy;
  /** ms */
  readonly stableFor: number;
  readonly health: HealthSettings;
  readonly target: HealthTarget;
  /** Whether a release that fails is put back. */
  readonly rollback: boolean;
  /** How many releases stay on the host. */
  readonly keepReleases: number;
  /** Who deploys, and where that can be seen. */
  readonly holder: string;
  readonly adopted?: Adopted;
}

/** Files of others that become ours, kept as a release of their own. */
export interface Adopted {
  readonly release: string;
  readonly manifest: Manifest;
  /** Absolute paths, and the place that each gets inside the release. */
  readonly files: readonly { readonly path: string; readonly place: string }[];
}

/** What the programs that begin, follow and decide a transaction need to know of it. */
export interface Transaction {
  readonly id: string;
  /** The program that systemd runs. */
  readonly program: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** ms: how long pulls, and what comes between flip and end, may take before the host steps in. */
const limits = { before: 30 * 60_000, after: 10 * 60_000, confirm: 30_000 };

/** How long a transaction may take at most, in ms. */
export function timeLimit(how: Application): number {
  return limits.before + deadline(how);
}

/** As pure text: everything that the host needs to know to end the deploy without us. */
export function transactionOf(id: string, plan: Plan, owner: Owner, how: Application): Transaction {
  const unit = `quadlet-deploy@${how.app}`;
  const guardUnit = `quadlet-deploy-guard@${how.app}`;
  const manager = owner.scope === "rootful" ? "system" : "user";
  const shared = {
    QD_STATE: plan.directories.state,
    QD_MANAGER: manager,
    QD_UNIT: unit,
    QD_GUARD: guardUnit,
    QD_NEW: isNew(plan),
  };
  const target = manager === "system" ? "multi-user.target" : "default.target";
  return {
    id,
    parameters: {
      ...shared,
      QD_TRANSACTION: id,
      QD_HOLDER: how.holder,
      QD_TIME: seconds(timeLimit(how)),
    },
    program: [
      assignments({
        ...shared,
        QD_TOKEN: "",
        HOME: plan.directories.home,
        QD_GUARD_PATH: `${plan.directories.systemd}/${guardUnit}.service`,
        QD_GUARD_WANTS: `${plan.directories.systemd}/${target}.wants`,
        QD_GUARD_TEXT: guardText(how.app, plan.directories.state, target),
        ...planParameters(plan, how),
      }),
      "export HOME\nPATH=$PATH:/usr/sbin:/sbin",
      ...[common, steps, failure, env, claim, unpack, validate, save, pull, arm, flip, reload],
      ...[restart, health, prove, confirm, commit, revert, guard, transaction],
    ].join("\n"),
  };
}

/** The steps' programs that a preview uses as well. */
export const stepPrograms = [steps, env, unpack, validate, save, pull];

/** What they need to know. */
export function parametersOf(plan: Plan, how: Application): Readonly<Record<string, string>> {
  return { QD_STATE: plan.directories.state, QD_NEW: isNew(plan), ...planParameters(plan, how) };
}

function isNew(plan: Plan): string {
  return { new: "yes", switch: "switch", none: "no" }[plan.change];
}

/** The unit that ends a transaction whose own program cannot; systemd.service(5), systemd.unit(5). */
function guardText(app: string, state: string, target: string): string {
  // A `%` or `$` in a path would be systemd's to expand.
  const path = `${state}/transaction/program`.replace(/[%$]/g, "$&$&");
  return [
    "[Unit]",
    `Description=quadlet-deploy: puts back a deploy of ${app} that was cut short`,
    `ConditionPathExists=${state.replaceAll("%", "%%")}/transaction`,
    "StartLimitIntervalSec=120",
    "StartLimitBurst=4",
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=/bin/sh "${path}" guard`,
    "Restart=on-failure",
    "RestartSec=1",
    "",
    "[Install]",
    `WantedBy=${target}`,
    "",
  ].join("\n");
}

function planParameters(plan: Plan, how: Application): Readonly<Record<string, string>> {
  const named = (...actions: readonly string[]) =>
    plan.services
      .filter((service) => actions.includes(service.action))
      .map((service) => service.name)
      .join(" ");
  const { adopted } = how;
  return {
    QD_APP: how.app,
    QD_QDIR: plan.directories.quadlet,
    QD_RELEASE: plan.release,
    QD_PREVIOUS: plan.previous,
    QD_ENV: plan.env.used ? "yes" : "no",
    QD_ADD: plan.links.add
      .map(({ path, target, stood }) => `${path}\t${target}\t${stood}`)
      .join("\n"),
    QD_REMOVE: plan.links.remove.join("\n"),
    QD_KEPT: plan.links.keep.join("\n"),
    QD_CARRY: plan.carried.join("\n"),
    QD_ADOPT: (adopted?.files ?? []).map(({ path, place }) => `${path}\t${place}`).join("\n"),
    QD_ADOPTED: adopted?.release ?? "",
    QD_ADOPTED_MANIFEST: adopted ? manifestText(adopted.manifest) : "",
    QD_DIRECTORIES: plan.directories.data.join("\n"),
    QD_STOP: named("stop"),
    QD_RESTART: named("start", "restart"),
    // systemctl takes no template for a unit, and ends a whole list there.
    QD_SERVICES: plan.services
      .map((service) => service.name)
      .filter((name) => !isTemplate(name))
      .join(" "),
    QD_WATCHED: plan.services
      .filter((service) => service.up)
      .map((service) => service.name)
      .join(" "),
    QD_ON_DEMAND: plan.onDemand.join(" "),
    QD_EXPECTED: plan.expected
      .map(({ service, place, path }) => `${service}\t${place}\t${path}`)
      .join("\n"),
    QD_IMAGES: plan.images.map(({ service, image }) => `${service}\t${image}`).join("\n"),
    QD_PULL: plan.change === "switch" ? "recorded" : how.pull,
    QD_STABLE_FOR: hundredths(how.stableFor),
    QD_HEALTH_URL: how.target.fromHost ?? "",
    QD_HEALTH_SERVICES: how.target.services.join(" "),
    QD_HEALTH_TIMEOUT: hundredths(how.health.timeout),
    QD_HEALTH_INTERVAL: hundredths(how.health.interval),
    QD_HEALTH_SUCCESSES: String(how.health.successes),
    QD_HEALTH_STATUS: how.health.status.map(({ from, to }) => `${from}-${to}`).join(" "),
    QD_CONFIRM: how.target.fromRunner === undefined ? "no" : "yes",
    QD_CONFIRM_TIMEOUT: hundredths(how.health.timeout + limits.confirm),
    QD_DEADLINE: seconds(deadline(how)),
    QD_ROLLBACK: how.rollback ? "yes" : "no",
    QD_KEEP: String(how.keepReleases),
    QD_HOLD: how.restart === "none" ? "yes" : "no",
    QD_PENDING: [...plan.pending].map(([service, why]) => `${service}\t${why}`).join("\n"),
    QD_RECREATE: plan.recreate.map(({ network }) => network).join(" "),
    QD_RECREATE_SERVICES: plan.recreate.map(({ service }) => service).join(" "),
  };
}

function deadline(how: Application): number {
  return limits.after + limits.confirm + 3 * how.health.timeout + how.stableFor;
}

/** As the host's programs count time, see `now` there. */
function hundredths(ms: number): string {
  return String(Math.ceil(ms / 10));
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
