import type { DeployError } from "../errors.js";
import type { ServicePlan } from "../plan/services.js";
import { seconds, shortId } from "./narrator.js";
import type { Redact } from "./redact.js";
import { type HostReport, type Report, sentence, succeeded } from "./report.js";

/** GitHub drops a summary above 1 MiB whole; evidence, and each line of it, is cut far below that. */
const evidence = { lines: 60, characters: 2000 };

/** The job's summary page, in Markdown: how it ended first, then why, then what runs now. */
export function summaryPage(report: Report, redact: Redact): string {
  const parts = [
    `## ${succeeded(report) ? "✅" : "❌"} ${text(redact(sentence(report)))}`,
    ...report.hosts.flatMap((host) => hostPart(host, report.hosts.length > 1, redact)),
    ...(report.skipped.length > 0
      ? [`Not tried, since a host before them failed: ${report.skipped.map(text).join(", ")}.`]
      : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The page of a run that failed before any host was asked. */
export function failurePage(errors: readonly DeployError[], redact: Redact): string {
  const lead = "## ❌ Nothing was deployed, and no host was changed";
  return `${[lead, ...errors.flatMap((error) => errorPart(error, redact))].join("\n\n")}\n`;
}

function hostPart(host: HostReport, several: boolean, redact: Redact): readonly string[] {
  return [
    ...(several ? [`### ${host.errors.length > 0 ? "❌" : "✅"} ${text(host.host)}`] : []),
    ...host.errors.flatMap((error) => errorPart(error, redact)),
    ...servicesTable(host),
    ...healthLine(host, redact),
    ...changesPart(host),
    ...factsLine(host),
  ];
}

function errorPart(error: DeployError, redact: Redact): readonly string[] {
  const details = error.parts.details ?? [];
  const shown = details.slice(0, evidence.lines).map((line) => line.slice(0, evidence.characters));
  const cut = details.length - shown.length;
  return [
    `> [!CAUTION]\n> ${text(redact(error.message))}`,
    ...(shown.length > 0 ? [fence(redact(shown.join("\n")))] : []),
    ...(cut > 0 ? [`(${cut} more lines are in the log.)`] : []),
  ];
}

function servicesTable(host: HostReport): readonly string[] {
  const planned = host.plan?.services ?? [];
  const states = host.applied?.services;
  if (!states || states.size === 0) return [];
  const rows = planned.map((service) => {
    const state = states.get(service.name);
    const image = host.applied?.images.find((one) => one.service === service.name);
    return [
      code(service.name),
      state
        ? `${state.active === "active" ? "🟢" : "🔴"} ${state.active} (${state.sub})`
        : "stopped",
      state && state.startTime > 0 && wasStarted(host, service) ? seconds(state.startTime) : "",
      image ? `${code(image.image)}<br>${code(shortId(image.id))}` : "",
      text(why(host, service)),
    ];
  });
  return [table(["Service", "State", "Started in", "Image", "Why"], rows)];
}

function wasStarted(host: HostReport, service: ServicePlan): boolean {
  return host.applied?.restarted.includes(service.name) ?? false;
}

function why(host: HostReport, service: ServicePlan): string {
  if (service.why.length > 0) return `${service.action}: ${service.why.join("; ")}`;
  return wasStarted(host, service) ? "restart: its tag names a new image" : "unchanged";
}

function healthLine(host: HostReport, redact: Redact): readonly string[] {
  const answer = host.applied?.answer;
  if (!answer || host.errors.length > 0) return [];
  const body = redact(answer.body.split("\n")[0] ?? "").slice(0, 200);
  return [`**Health:** HTTP ${answer.status} ${body && code(body)}`];
}

function changesPart(host: HostReport): readonly string[] {
  if (!host.plan) return [];
  const { files, env, warnings } = host.plan;
  const changed = files.filter((file) => file.change !== "unchanged");
  const rows = changed.map((file) => [code(file.path), file.change, text(file.source)]);
  const keys = [
    ...env.set.map((key) => [code(`.env: ${key}`), "set", ""]),
    ...env.kept.map((key) => [code(`.env: ${key}`), "kept from the host", ""]),
  ];
  const all = [...rows, ...keys];
  return [
    ...warnings.map((warning) => `> [!WARNING]\n> ${text(warning)}`),
    ...(all.length > 0
      ? [
          `<details><summary>${count(changed.length, "file")} and ${count(env.set.length, "key")} of .env changed</summary>\n\n${table(["What", "Change", "From"], all)}\n\n</details>`,
        ]
      : []),
  ];
}

function factsLine(host: HostReport): readonly string[] {
  if (!host.facts) return [];
  const phases = host.phases.map(({ phase, time }) => `${phase} ${seconds(time)}`).join(" · ");
  const { podman, systemd, owner } = host.facts;
  const release = host.release === "" ? "no release" : `release ${code(host.release)}`;
  const before =
    host.previous !== "" && host.previous !== host.release
      ? `, before it ${code(host.previous)}`
      : "";
  return [
    `${text(host.host)} runs ${release}${before} · Podman ${text(podman)} · systemd ${text(systemd)} · units of ${text(owner.name)}`,
    `<sub>${phases}</sub>`,
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Plain text that Markdown must not act on. */
function text(value: string): string {
  return value
    .replace(/\s*\n\s*/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]#|~!$]/g, "\\$&")
    .replace(/@/g, "@<!-- -->");
}

/** Markdown goes on inside the tag, so the text is escaped as anywhere. */
function code(value: string): string {
  return `<code>${text(value)}</code>`;
}

/** A fence longer than any run of backticks within. */
function fence(value: string): string {
  const longest = Math.max(2, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = "`".repeat(longest + 1);
  return `${mark}text\n${value}\n${mark}`;
}
