import { describePlan } from "../plan/describe.js";
import { type ImagePreview, warningsOf } from "../plan/preview.js";
import type { Finding } from "../quadlet/rules/finding.js";
import { unified } from "./diff.js";
import { inertLines } from "./inert.js";
import { shortId } from "./narrator.js";
import type { Redact } from "./redact.js";
import { type HostReport, type Report, sentence } from "./report.js";

/** Colours a line of a plan, where whoever reads it has colours. */
export type Paint = (line: string) => string;

/** What a deploy would change, for a terminal or a job's log. */
export function planText(report: Report, redact: Redact, paint: Paint): readonly string[] {
  const hosts = report.hosts.flatMap((host) => [...hostLines(host, redact), ""]);
  return [...hosts, ...findingLines(report.findings), sentence(report)]
    .flatMap((line) => inertLines(redact(line)))
    .map(paint);
}

function hostLines(host: HostReport, redact: Redact): readonly string[] {
  if (!host.plan) return [];
  const images = (host.preview?.images ?? []).filter(({ moves }) => moves);
  const warnings = [...host.plan.warnings, ...(host.preview ? warningsOf(host.preview) : [])];
  return [
    `${host.host}:`,
    ...describePlan(host.plan),
    ...images.map((image) => `image of ${image.service}: ${image.image}, ${movement(image)}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(host.diffs ?? []).flatMap((diff) => ["", ...unified(diff, redact).split("\n")]),
  ];
}

function movement({ runs, here, there }: ImagePreview): string {
  const next = there?.value ?? here?.id;
  return `${shortId(runs ?? "")} → ${next === undefined ? "(known once it is pulled)" : shortId(next)}`;
}

/** `web.container.j2:7: message. Remedy. (rule)` */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  return findings.map(
    ({ severity, source, line, message, remedy, rule }) =>
      `${severity}: ${source}${line === undefined ? "" : `:${line}`}: ${message}. ${remedy} (${rule})`,
  );
}
