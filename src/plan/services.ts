import { dropInOwner, type Service } from "../quadlet/services.js";
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

/**
 * Which services stop, start or restart, and why.
 *
 * @param carried units that stay although the repository dropped them (`prune: false`)
 */
export function planServices(
  services: readonly Service[],
  files: readonly FilePlan[],
  env: EnvPlan,
  facts: Facts,
  previous: Manifest | undefined,
  carried: readonly string[],
): { readonly services: readonly ServicePlan[]; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const planned = services.map((service): ServicePlan => {
    const { name } = service;
    if (!service.startable) return { name, action: "keep", why: [], up: false };
    const active = facts.services.get(name)?.active === "active";
    const why = reasons(service, files, env, facts);
    if (!active) {
      const idle = isNew(service, files) ? [] : ["it is not running"];
      return { name, action: "start", why: [...why, ...idle], up: true };
    }
    if (why.length === 0) return { name, action: "keep", why, up: true };
    if (service.kind === "network" || service.kind === "volume") {
      warnings.push(
        `${service.unit} changed, and Podman does not change a ${service.kind} that exists: remove it by hand to have it made anew`,
      );
      return { name, action: "keep", why: [], up: true };
    }
    return { name, action: "restart", why, up: true };
  });
  const names = new Set(services.map((service) => service.name));
  const removed = (previous?.services ?? [])
    .filter((service) => !names.has(service.name) && !carried.includes(service.unit))
    .filter((service) => !service.name.endsWith("@.service"))
    .map(
      ({ name, unit }): ServicePlan => ({
        name,
        action: "stop",
        why: [`${unit} is no longer part of the release`],
        up: false,
      }),
    );
  return { services: [...withDependants(planned, services), ...removed], warnings };
}

/** systemd restarts what requires a service along with it, and what requires that. */
function withDependants(
  planned: readonly ServicePlan[],
  services: readonly Service[],
): readonly ServicePlan[] {
  const required = new Map(services.map(({ name, requires }) => [name, requires]));
  const moving = new Map<string, string>(
    planned.filter(({ action }) => action !== "keep").map(({ name, action }) => [name, action]),
  );
  const dependants = () =>
    planned.filter(
      ({ name, up }) =>
        up && !moving.has(name) && required.get(name)?.some((one) => moving.has(one)),
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
  files: readonly FilePlan[],
  env: EnvPlan,
  facts: Facts,
): readonly string[] {
  // For a new unit all of it is new; that says enough.
  if (isNew(service, files)) return [`${service.unit} is new`];
  const why = files
    .filter((file) => file.change !== "unchanged" && concerns(file, service))
    .map((file) => `${file.path} ${file.change === "added" ? "is new" : `was ${file.change}`}`);
  const keys = readsEnv(service, facts)
    ? [...env.set, ...(env.removed ?? [])].filter((key) => matters(key, service))
    : [];
  if (keys.length > 0) why.push(`.env: ${keys.join(", ")}`);
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

function isNew(service: Service, files: readonly FilePlan[]): boolean {
  return files.some(
    ({ place, path, change }) => place === "quadlet" && path === service.unit && change === "added",
  );
}

function concerns(file: FilePlan, service: Service): boolean {
  if (file.place === "quadlet" && file.path === service.unit) return true;
  return dropInOwner(file.path) === (file.place === "quadlet" ? service.unit : service.name);
}
