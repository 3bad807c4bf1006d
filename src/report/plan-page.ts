import { type ImagePreview, warningsOf } from "../plan/preview.js";
import type { ServicePlan } from "../plan/services.js";
import type { Finding } from "../quadlet/rules/finding.js";
import { code, count, details, table, text } from "./markdown.js";
import { shortId } from "./narrator.js";
import type { Redact } from "./redact.js";
import { type HostReport, type Report, sentence, wouldChange } from "./report.js";
import { changesPart, errorPart } from "./summary.js";
import { type Colour, topology } from "./topology.js";

/** What a deploy would change, in Markdown, for the job's summary and for a pull request. */
export function planPage(report: Report, redact: Redact): string {
  const failed = report.hosts.some((host) => host.errors.length > 0);
  const mark = failed ? "❌" : report.hosts.some(wouldChange) ? "📝" : "✅";
  const parts = [
    `## ${mark} ${text(redact(sentence(report)))}`,
    ...report.hosts.flatMap((host) => hostPart(host, report, redact)),
    ...findingsPart(report.findings),
  ];
  return `${parts.join("\n\n")}\n`;
}

function hostPart(host: HostReport, report: Report, redact: Redact): readonly string[] {
  const { plan } = host;
  return [
    ...(report.hosts.length > 1 ? [`### ${text(host.host)}`] : []),
    ...host.errors.flatMap((error) => errorPart(error, redact)),
    ...(plan ? servicesTable(plan.services) : []),
    ...imagesTable(host.preview?.images ?? []),
    ...(plan && wouldChange(host)
      ? topology(report.services, (name) => colourOf(name, plan.services))
      : []),
    ...changesPart(host, redact),
    ...(host.preview ? warnings(warningsOf(host.preview)) : []),
    ...whereLine(host),
  ];
}

function servicesTable(services: readonly ServicePlan[]): readonly string[] {
  const moving = services.filter(({ action }) => action !== "keep");
  const kept = services.length - moving.length;
  if (moving.length === 0) return [];
  const icons = { start: "🟢", restart: "🟡", stop: "🔴", keep: "" };
  return [
    table(
      ["Service", "Action", "Why"],
      moving.map(({ name, action, why }) => [
        code(name),
        `${icons[action]} ${action}`,
        text(why.join("; ")),
      ]),
    ),
    ...(kept > 0 ? [`${kept} more go on as they are.`] : []),
  ];
}

function imagesTable(images: readonly ImagePreview[]): readonly string[] {
  const moving = images.filter(({ moves }) => moves);
  if (moving.length === 0) return [];
  return [
    table(
      ["Service", "Image", "Runs", "Would run"],
      moving.map((image) => [
        code(image.service),
        code(image.image),
        code(shortId(image.runs ?? "")),
        becomes(image),
      ]),
    ),
  ];
}

function becomes({ here, there }: ImagePreview): string {
  if (there) return code(`${there.kind === "digest" ? "digest " : ""}${shortId(there.value)}`);
  return here ? code(shortId(here.id)) : "known once it is pulled";
}

function warnings(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `> [!WARNING]\n> ${text(line)}`);
}

function whereLine({ host, facts, release }: HostReport): readonly string[] {
  if (!facts) return [];
  const runs = release === "" ? "no release yet" : `release ${code(release)}`;
  return [
    `${text(host)} runs ${runs} · Podman ${text(facts.podman)} · systemd ${text(facts.systemd)} · units of ${text(facts.owner.name)}`,
  ];
}

function colourOf(name: string, services: readonly ServicePlan[]): Colour {
  const action = services.find((one) => one.name === name)?.action;
  return action === undefined ? "unknown" : action === "keep" ? "kept" : action;
}

/** What the check of the units says that stops nothing, folded away. */
export function findingsPart(findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const rows = findings.map(({ severity, source, line, message, remedy, rule }) => [
    severity === "notice" ? "ℹ️" : "⚠️",
    code(`${source}${line === undefined ? "" : `:${line}`}`),
    text(`${message}. ${remedy}`),
    code(rule),
  ]);
  return [
    details(
      `${count(findings.length, "remark")} on the units`,
      table(["", "Where", "What", "Rule"], rows),
    ),
  ];
}
