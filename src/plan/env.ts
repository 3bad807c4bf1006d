import { createHash } from "node:crypto";
import type { Service } from "../quadlet/services.js";
import type { EnvEntry } from "../render/env-file.js";
import type { Facts } from "./facts.js";
import { isOurs, linkPath, onHost } from "./paths.js";

/** What happens to the keys of the host's `.env`, by name; values are nowhere in a plan. */
export interface EnvPlan {
  /** Whether this app has an `.env` at all; another app's in the same directory is none of its. */
  readonly used: boolean;
  /** New, or with another value. */
  readonly set: readonly string[];
  readonly unchanged: readonly string[];
  /** On the host, named by nothing here, and kept. */
  readonly kept: readonly string[];
  /** On the host, and not in the release that it returns to. */
  readonly removed?: readonly string[];
}

/**
 * Compares by digest: the host sent, for each line of its `.env`, a digest salted with this
 * connection's nonce, so that no value left it.
 */
export function planEnv(
  entries: readonly EnvEntry[],
  services: readonly Service[],
  facts: Facts,
): EnvPlan {
  const link = linkPath(envFile, facts);
  const used =
    entries.length > 0 ||
    services.some((service) => readsEnv(service, facts)) ||
    isOurs(link, facts.entries.get(link)?.target, facts);
  if (!used) return { used, set: [], unchanged: [], kept: [] };
  const same = (entry: EnvEntry) =>
    facts.env.get(entry.key) ===
    createHash("sha256").update(`${facts.nonce}\n${entry.key}=${entry.value}`).digest("hex");
  const ours = new Set(entries.map((entry) => entry.key));
  return {
    used,
    set: entries.filter((entry) => !same(entry)).map((entry) => entry.key),
    unchanged: entries.filter(same).map((entry) => entry.key),
    kept: [...facts.env.keys()].filter((key) => !ours.has(key)),
  };
}

/**
 * What a return to a release does to the host's `.env`: the release brings its own, whole.
 *
 * @param its salted digests of that, by key; `undefined` where the release has none
 */
export function planEnvOf(its: ReadonlyMap<string, string> | undefined, facts: Facts): EnvPlan {
  if (its === undefined) return { used: false, set: [], unchanged: [], kept: [] };
  const keys = [...its.keys()];
  const same = (key: string) => its.get(key) === facts.env.get(key);
  return {
    used: true,
    set: keys.filter((key) => !same(key)),
    unchanged: keys.filter(same),
    kept: [],
    removed: [...facts.env.keys()].filter((key) => !its.has(key)),
  };
}

/** Whether a service, or its container, has the host's `.env` in its environment. */
export function readsEnv(service: Service, facts: Facts): boolean {
  const env = linkPath(envFile, facts);
  return service.envFiles.some((path) => {
    const plain = onHost(path.replace(/^-/, ""), facts);
    // Quadlet takes a relative path from the unit's own directory.
    return plain === env || plain === ".env" || plain === "./.env";
  });
}

/** Where the host's `.env` stands, among the files of a release. */
export const envFile = { place: "quadlet", path: ".env" } as const;
