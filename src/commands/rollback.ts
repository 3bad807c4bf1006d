import { createHash } from "node:crypto";
import { DeployError } from "../errors.js";
import { readFacts } from "../host/facts.js";
import { readRelease } from "../host/read-files.js";
import { planEnvOf } from "../plan/env.js";
import { chooseRelease } from "../plan/history.js";
import { parseManifest } from "../plan/manifest.js";
import { inRelease, placeOf } from "../plan/paths.js";
import { plan } from "../plan/plan.js";
import { type Service, servicesOf } from "../quadlet/services.js";
import type { Report } from "../report/report.js";
import type { RollbackSettings } from "../settings/settings.js";
import type { Context } from "./context.js";
import { readDiffs } from "./diffs.js";
import { askedOf, type Here, type Intent, onHosts, whereOn } from "./on-hosts.js";
import { previousOf } from "./ship.js";

/**
 * Returns each host to a release that it keeps, through the same transaction and gates as a
 * deploy. The images are the very ones that the release ran.
 */
export async function rollback(settings: RollbackSettings, context: Context): Promise<Report> {
  const began = performance.now();
  let services: readonly Service[] = [];
  const run = await onHosts(settings, context, {
    services: () => [],
    intend: async (here) => {
      const intent = await intend(here, settings);
      services = intent.services;
      return intent;
    },
  });
  return {
    command: "rollback",
    app: settings.content.app,
    environment: settings.content.environment,
    services,
    findings: [],
    ...run,
    duration: performance.now() - began,
  };
}

async function intend(
  { session, owner, facts }: Here,
  settings: RollbackSettings,
): Promise<Intent> {
  const release = chooseRelease(settings.to, facts);
  const kept = await readRelease(session, owner, facts.state.path, release, facts.nonce);
  const text = kept.files.get("manifest.json");
  if (text === undefined) {
    throw new DeployError({
      host: facts.host,
      phase: "plan",
      object: release,
      cause: "the release has no manifest",
      remedy: "Was it cut short by hand? `--to` names another one.",
    });
  }
  const manifest = parseManifest(facts.host, text);
  const recorded = new Map(manifest.files.map((file) => [inRelease(file), file]));
  const files = [...kept.files]
    .filter(([path]) => path !== "manifest.json")
    .map(([path, content]) => ({
      ...placeOf(path),
      content,
      sha256: createHash("sha256").update(content).digest("hex"),
      layer: recorded.get(path)?.layer ?? "",
      source: recorded.get(path)?.source || path,
    }));
  const services = servicesOf(files);
  const { services: states, secrets } = await readFacts(session, owner, whereOn(settings.content), {
    ...askedOf(services),
    prepare: true,
  });
  const planned = plan(
    {
      release,
      change: "switch",
      files,
      services,
      env: planEnvOf(kept.env, facts),
      appDirectory: settings.content.appDirectory,
      prune: true,
      adopt: false,
      restart: "changed",
      recreateNetworks: false,
    },
    { ...facts, services: states, secrets },
    previousOf(facts),
  );
  return {
    services,
    pull: "missing",
    restart: "changed",
    plan: planned,
    diffs: await readDiffs(session, owner, planned, files),
  };
}
