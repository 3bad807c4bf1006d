import type { DeployError } from "../errors.js";
import { warningsOf } from "../plan/preview.js";
import { inRelease } from "../quadlet/services.js";
import type { CheckedTemplate } from "../render/check-templates.js";
import { unified } from "./diff.js";
import type { Redact } from "./redact.js";
import {
  type HostReport,
  hasChanged,
  type Report,
  sentence,
  succeeded,
  wouldChange,
} from "./report.js";
import { renders } from "./templates-text.js";

/**
 * A report as JSON, version 1; docs/plan.md describes it. Differences are masked as on every page.
 */
export function reportJson(report: Report, redact: Redact): string {
  return redact(
    JSON.stringify({
      version: 1,
      command: report.command,
      app: report.app,
      environment: report.environment,
      ok: succeeded(report),
      changes: report.hosts.some(report.command === "plan" ? wouldChange : hasChanged),
      sentence: sentence(report),
      seconds: Math.round(report.duration / 100) / 10,
      hosts: report.hosts.map((host) => hostJson(host, redact)),
      skipped: report.skipped,
      findings: report.findings,
    }),
  );
}

function hostJson(host: HostReport, redact: Redact) {
  const { plan, facts, applied, preview } = host;
  const diffs = new Map((host.diffs ?? []).map((diff) => [diff.path, diff]));
  return {
    host: host.host,
    release: host.release,
    previous: host.previous,
    ...(facts ? { podman: facts.podman, systemd: facts.systemd, owner: facts.owner.name } : {}),
    ...(plan
      ? {
          plan: {
            change: plan.change,
            release: plan.release,
            files: plan.files.map(({ place, path, change, drifted, layer, source }) => {
              const diff = diffs.get(inRelease({ place, path }));
              return {
                place,
                path,
                change,
                drifted,
                layer,
                source,
                ...(diff ? { diff: unified(diff, redact) } : {}),
              };
            }),
            env: {
              set: plan.env.set,
              removed: plan.env.removed ?? [],
              kept: plan.env.kept,
            },
            services: plan.services.map(({ name, action, why }) => ({ name, action, why })),
            images: preview?.images ?? plan.images,
            recreate: plan.recreate.map(({ network }) => network),
            warnings: [...plan.warnings, ...(preview ? warningsOf(preview) : [])],
          },
        }
      : {}),
    ...(applied
      ? {
          outcome: applied.outcome,
          restarted: applied.restarted,
          services: [...applied.services.values()],
          images: applied.images,
          ...(applied.answer ? { health: applied.answer } : {}),
        }
      : {}),
    phases: host.phases.map(({ phase, time }) => ({ phase, ms: Math.round(time) })),
    errors: host.errors.map(errorJson),
  };
}

function errorJson({ message, parts }: DeployError) {
  return {
    message,
    phase: parts.phase,
    ...(parts.object === undefined ? {} : { object: parts.object }),
    ...(parts.location === undefined ? {} : { location: parts.location }),
    details: parts.details ?? [],
  };
}

/** What `render --check` found, version 1; docs/templates.md describes it. */
export function templatesJson(templates: readonly CheckedTemplate[], redact: Redact): string {
  return redact(
    JSON.stringify({
      version: 1,
      command: "render",
      ok: templates.every(renders),
      templates: templates.map((template) => {
        const { refused, ...uses } = template.uses;
        return {
          file: template.file,
          renders: renders(template),
          fate: template.fate,
          uses,
          notGiven: template.notGiven,
          errors: template.problems.map(({ error, hosts }) => ({ ...errorJson(error), hosts })),
          unreached: template.unreached.map(errorJson),
        };
      }),
    }),
  );
}

/** What went wrong before any host was asked. */
export function errorsJson(
  command: string,
  errors: readonly DeployError[],
  redact: Redact,
): string {
  return redact(JSON.stringify({ version: 1, command, ok: false, errors: errors.map(errorJson) }));
}
