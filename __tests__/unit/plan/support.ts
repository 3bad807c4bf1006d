import { createHash } from "node:crypto";
import { planEnv } from "../../../src/plan/env.js";
import type { Directory, Facts, ServiceState } from "../../../src/plan/facts.js";
import { type Manifest, manifestText, parseManifest } from "../../../src/plan/manifest.js";
import { inRelease, linkPath, linkTarget } from "../../../src/plan/paths.js";
import { type Goal, type Plan, plan } from "../../../src/plan/plan.js";
import { servicesOf } from "../../../src/quadlet/services.js";
import type { EnvEntry } from "../../../src/render/env-file.js";
import { type Release, releaseFile, withFiles } from "../../../src/render/release.js";

export const quadletDir = "/etc/containers/systemd";
export const systemdDir = "/etc/systemd/system";
export const stateDir = "/etc/containers/quadlet-deploy/shop";

export type Files = Readonly<Record<string, string>>;

/** A release of files by the path that they have in it: drop-ins of services are below `systemd/`. */
export function releaseOf(files: Files, env: Readonly<Record<string, string>> = {}): Release {
  const entries: EnvEntry[] = Object.entries(env).map(([key, value]) => ({
    key,
    value,
    source: "env",
  }));
  return withFiles(
    { app: "shop", environment: "test", env: entries, ignored: [] },
    Object.entries(files).map(([name, content]) => {
      const systemd = name.startsWith("systemd/");
      return releaseFile(
        {
          place: systemd ? "systemd" : "quadlet",
          path: systemd ? name.slice("systemd/".length) : name,
          layer: "templates",
          file: `repo/${name}.j2`,
        },
        content,
      );
    }),
  );
}

export function manifestOf(release: Release): Manifest {
  return {
    version: 1,
    app: release.app,
    environment: release.environment,
    release: "1",
    created: "2026-01-01T00:00:00.000Z",
    actor: "",
    run: "",
    files: release.files.map(({ place, path, sha256, layer, source }) => ({
      place,
      path,
      sha256,
      layer,
      source,
    })),
    services: servicesOf(release.files).map(({ name, unit, links }) => ({
      name,
      unit,
      ...(links.length === 0 ? {} : { links }),
    })),
  };
}

export function directory(path: string, real = path): Directory {
  return { path, real, writable: true };
}

export function serviceState(
  active: string,
  sub = "",
  more: Partial<ServiceState> = {},
): ServiceState {
  return { load: "loaded", active, sub, fragment: "", source: "", since: 0, ...more };
}

/** A host that nothing was ever deployed to. */
export const emptyHost: Facts = {
  host: "web",
  owner: { name: "root", uid: 0, home: "/root" },
  podman: "5.4.2",
  systemd: "257",
  lingerEnabled: false,
  networkOnline: true,
  quadlet: directory(quadletDir),
  systemdDir: directory(systemdDir),
  state: directory(stateDir),
  entries: new Map(),
  releases: [],
  sums: new Map(),
  env: new Map(),
  nonce: "nonce",
  services: new Map(),
  secrets: new Map(),
  pending: new Map(),
};

/** The digests of `.env` lines, as a host sends them. */
export function envFacts(env: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).map(([key, value]) => [
      key,
      createHash("sha256").update(`nonce\n${key}=${value}`).digest("hex"),
    ]),
  );
}

/** A host after a deploy of `release`, all of it up; `more` says what is otherwise. */
export function hostWith(release: Release, more: Partial<Facts> = {}): Facts {
  return {
    ...emptyHost,
    current: "1",
    releases: ["1"],
    manifest: manifestText(manifestOf(release)),
    sums: new Map(release.files.map((file) => [inRelease(file), file.sha256])),
    entries: new Map([
      // One link for a folder that units use, and one for any other file.
      ...release.files.map((file): [string, { target: string }] => [
        linkPath(file, emptyHost),
        { target: linkTarget(file, emptyHost) },
      ]),
      ...servicesOf(release.files).flatMap(({ unit, links }) =>
        links.map((path): [string, { target: string }] => {
          const link = { place: "systemd", path, of: unit } as const;
          return [linkPath(link, emptyHost), { target: linkTarget(link, emptyHost) }];
        }),
      ),
      [`${quadletDir}/.env`, { target: "../quadlet-deploy/shop/current/.env" }],
    ]),
    env: envFacts(Object.fromEntries(release.env.map(({ key, value }) => [key, value]))),
    services: new Map(
      servicesOf(release.files).map(({ name }) => [name, serviceState("active", "running")]),
    ),
    ...more,
  };
}

/** A deploy of `release`, named "2"; `more` says what else it is to be. */
export function planFor(release: Release, facts: Facts, more: Partial<Goal> = {}): Plan {
  const services = servicesOf(release.files);
  return plan(
    {
      release: "2",
      change: "new",
      files: release.files,
      services,
      env: planEnv(release.env, services, facts),
      appDirectory: "/opt/shop",
      prune: true,
      adopt: false,
      restart: "changed",
      recreateNetworks: false,
      ...more,
    },
    facts,
    facts.manifest === undefined ? undefined : parseManifest(facts.host, facts.manifest),
  );
}

/** `+ web.container`, `~ …`, `- …`, with `!` after what was edited on the host. */
export function changes(planned: Plan): readonly string[] {
  const marks = { added: "+", changed: "~", removed: "-", unchanged: "=" };
  return planned.files.map(
    (file) =>
      `${marks[file.change]} ${file.place === "systemd" ? "systemd/" : ""}${file.path}${file.drifted ? " !" : ""}`,
  );
}

/** `restart web.service: why; why` */
export function actions(planned: Plan): readonly string[] {
  return planned.services.map(({ action, name, why }) =>
    [`${action} ${name}`, ...(why.length > 0 ? [why.join("; ")] : [])].join(": "),
  );
}
