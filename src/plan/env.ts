import { createHash } from "node:crypto";
import type { EnvEntry } from "../render/env-file.js";
import type { Facts } from "./facts.js";

/** What happens to the keys of the host's `.env`, by name; values are nowhere in a plan. */
export interface EnvPlan {
  /** New, or with another value. */
  readonly set: readonly string[];
  readonly unchanged: readonly string[];
  /** On the host, named by nothing here, and kept. */
  readonly kept: readonly string[];
}

/**
 * Compares by digest: the host sent, for each line of its `.env`, a digest salted with this
 * connection's nonce, so that no value left it.
 */
export function planEnv(
  entries: readonly EnvEntry[],
  facts: Pick<Facts, "env" | "nonce">,
): EnvPlan {
  const same = (entry: EnvEntry) =>
    facts.env.get(entry.key) ===
    createHash("sha256").update(`${facts.nonce}\n${entry.key}=${entry.value}`).digest("hex");
  const ours = new Set(entries.map((entry) => entry.key));
  return {
    set: entries.filter((entry) => !same(entry)).map((entry) => entry.key),
    unchanged: entries.filter(same).map((entry) => entry.key),
    kept: [...facts.env.keys()].filter((key) => !ours.has(key)),
  };
}
