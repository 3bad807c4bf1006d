import { isCompanion } from "../quadlet/companions.js";
import { isTemplate, templateOf } from "../quadlet/kinds.js";
import { dropInOwner, type Service } from "../quadlet/services.js";
import type { RestartPolicy } from "../settings/settings.js";
import { type EnvPlan, readsEnv } from "./env.js";
import type { Facts } from "./facts.js";
import type { FilePlan } from "./files.js";
import type { Manifest } from "./manifest.js";

export interface ServicePlan {
  readonly name: string;
  readonly action: "start" | "restart" | "stop" | "keep";
  /** Why, in the order of weight; empty for `keep`. */
  readonly why: readonly string[];
  /** Whether it must be up when all is done. */
  readonly up: boolean;
}

export interface Recreated {
  readonly service: string;
  /** As Podman knows it. */
  readonly network: string;
}

export interface Movement {
  readonly services: readonly ServicePlan[];
  readonly recreate: readonly Recreated[];
  readonly pending: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** What decides which services move. */
export interface Circumstances {
  readonly files: readonly FilePlan[];
  readonly env: EnvPlan;
  readonly facts: Facts;
  readonly previous: Manifest | undefined;
  /** Units that stay although the repository dropped them (`prune: false`). */
  readonly carried: readonly string[];
  readonly restart: RestartPolicy;
  /** Services whose image is known to be another one under the same name. */
  readonly moved: ReadonlySet<string>;
  readonly recreateNetworks: boolean;
}

/** Which services stop, start or restart, and why. */
export function planServices(services: readonly Service[], around: Circumstances): Movement {
  const { files, facts, previous, carried, restart } = around;
  const fixed = services.filter(
    (service) =>
      isActive(service, facts) && reasons(service, around).length > 0 && isFixed(service),
  );
  const recreate = around.recreateNetworks
    ? fixed.flatMap((service) =>
        service.network === undefined ? [] : [{ service: service.name, network: service.network }],
      )
    : [];
  const planned = services.map((service): ServicePlan => {
    const { name } = service;
    if (!service.startable) return { name, action: "keep", why: [], up: false };
    const why = reasons(service, around);
    if (service.onDemand) {
      const runs = isActive(service, facts) && service.remains;
      if (runs && restart === "all") why.push("all are to restart");
      return runs && why.length > 0
        ? { name, action: "restart", why, up: false }
        : { name, action: "keep", why: [], up: false };
    }
    if (!service.remains) {
      // A build or a job that is done is inactive, and well so.
      if (facts.services.get(name)?.active === "failed") why.push("it failed");
      if (around.moved.has(name) && why.length === 0) why.push("its tag names a new image");
      if (restart === "all") why.push("all are to restart");
      return { name, action: why.length === 0 ? "keep" : "start", why, up: false };
    }
    if (!isActive(service, facts)) {
      const idle = isNew(service, files) ? [] : ["it is not running"];
      return { name, action: "start", why: [...why, ...idle], up: true };
    }
    if (isFixed(service)) {
      return recreate.some((one) => one.service === name)
        ? { name, action: "restart", why: [...why, "it is made anew"], up: true }
        : { name, action: "keep", why: [], up: true };
    }
    if (around.moved.has(name) && why.length === 0) why.push("its tag names a new image");
    if (restart === "all") why.push("all are to restart");
    return { name, action: why.length === 0 ? "keep" : "restart", why, up: true };
  });
  const held = restart === "none" ? planned.filter(({ action }) => action === "restart") : [];
  const moving = withDependants(
    planned.map((one) => (held.includes(one) ? { ...one, action: "keep", why: [] } : one)),
    services,
    facts,
  );
  return {
    services: [...moving, ...removedServices(services, previous, carried)],
    recreate: restart === "none" ? [] : recreate,
    pending: new Map(
      held
        .filter(({ name }) => moving.some((one) => one.name === name && one.action === "keep"))
        .map(({ name, why }) => [name, why.join("; ")]),
    ),
    warnings: [
      ...fixed
        .filter(({ name }) => !recreate.some((one) => one.service === name))
        .map((service) => fixedWarning(service)),
      ...held.map(
        ({ name, why }) => `${name} goes on as it is (restart: none), though ${why.join("; ")}`,
      ),
    ],
  };
}

/** Podman makes a network or a volume once, and `--ignore` makes a later edit do nothing. */
function isFixed(service: Service): boolean {
  return service.kind === "network" || service.kind === "volume";
}

function fixedWarning({ unit, kind }: Service): string {
  const way =
    kind === "network"
      ? "`recreate-networks: true` removes it and makes it anew, while its services stop"
      : "a volume holds data, so that only you can copy it into a new one, under another name";
  return `${unit} changed, and Podman does not change a ${kind} that exists: ${way}`;
}

function removedServices(
  services: readonly Service[],
  previous: Manifest | undefined,
  carried: readonly string[],
): readonly ServicePlan[] {
  const names = new Set(services.map((service) => service.name));
  return (previous?.services ?? [])
    .filter((service) => !names.has(service.name) && !carried.includes(service.unit))
    .filter((service) => !isTemplate(service.name))
    .map(({ name, unit }) => ({
      name,
      action: "stop",
      why: [`${unit} is no longer part of the release`],
      up: false,
    }));
}

/** systemd restarts what requires a service along with it, and what requires that. */
function withDependants(
  planned: readonly ServicePlan[],
  services: readonly Service[],
  facts: Facts,
): readonly ServicePlan[] {
  const required = new Map(services.map(({ name, requires }) => [name, requires]));
  const runs = (name: string) => facts.services.get(name)?.active === "active";
  const moving = new Map<string, string>(
    planned.filter(({ action }) => action !== "keep").map(({ name, action }) => [name, action]),
  );
  const dependants = () =>
    planned.filter(
      ({ name, up }) =>
        (up || runs(name)) &&
        !moving.has(name) &&
        required.get(name)?.some((one) => moving.has(one)),
    );
  for (let next = dependants(); next.length > 0; next = dependants()) {
    for (const { name } of next) moving.set(name, "restart");
  }
  return planned.map((service) => {
    const { name, action } = service;
    if (action !== "keep" || !moving.has(name)) return service;
    const why = (required.get(name) ?? [])
      .filter((one) => moving.has(one))
      .map((one) => `${one} ${moving.get(one)}s, which it requires`);
    return { ...service, action: "restart", why };
  });
}

function reasons(
  service: Service,
  { files, env, facts }: Pick<Circumstances, "files" | "env" | "facts">,
): string[] {
  // For a new unit all of it is new; that says enough.
  if (isNew(service, files)) return [`${service.unit} is new`];
  const why = files
    .filter((file) => file.change !== "unchanged" && concerns(file, service))
    .map((file) => `${file.path} ${file.change === "added" ? "is new" : `was ${file.change}`}`);
  const keys = readsEnv(service, facts)
    ? [...env.set, ...(env.removed ?? [])].filter((key) => matters(key, service))
    : [];
  if (keys.length > 0) why.push(`.env: ${keys.join(", ")}`);
  const { since = 0 } = facts.services.get(service.name) ?? {};
  for (const secret of service.secrets) {
    if (since > 0 && (facts.secrets.get(secret) ?? 0) > since) {
      why.push(`the secret ${secret} was changed since it started`);
    }
  }
  const pending = facts.pending.get(service.name);
  if (pending !== undefined) why.push(`it did not restart then: ${pending}`);
  return why;
}

/**
 * The keys that say which image runs concern the services whose units name them; a database
 * that reads the same `.env` is not restarted for a new tag of the application.
 */
function matters(key: string, service: Service): boolean {
  return !imageKeys.has(key) || service.variables.includes(key);
}

const imageKeys: ReadonlySet<string> = new Set(["GITEA_REGISTRY", "IMAGE_NAME", "IMAGE_TAG"]);

function isActive(service: Service, facts: Facts): boolean {
  return facts.services.get(service.name)?.active === "active";
}

function isNew(service: Service, files: readonly FilePlan[]): boolean {
  return files.some(
    ({ place, path, change }) =>
      place === service.place && path === service.unit && change === "added",
  );
}

function concerns(file: FilePlan, service: Service): boolean {
  if (file.place === service.place && file.path === service.unit) return true;
  if (file.place === "quadlet" && isCompanion(file.path, service.companions)) return true;
  const owner = dropInOwner(file.path);
  const its = file.place === "quadlet" ? service.unit : service.name;
  // An instance has its template's drop-ins as well.
  return owner !== undefined && (owner === its || owner === templateOf(its));
}
