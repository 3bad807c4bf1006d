import type { DeployError } from "../errors.js";
import type { ServicePlan } from "../plan/services.js";
import { diffsPart } from "./diff.js";
import { code, count, details, fence, table, text } from "./markdown.js";
import { seconds, shortId } from "./narrator.js";
import type { Redact } from "./redact.js";
import { type HostReport, type Report, sentence, succeeded } from "./report.js";
import { topology } from "./topology.js";

/** GitHub drops a summary above 1 MiB whole; evidence, and each line of it, is cut far below that. */
const evidence = { lines: 60, characters: 2000 };

/** The job's summary page, in Markdown: how it ended first, then why, then what runs now. */
export function summaryPage(report: Report, redact: Redact): string {
  const parts = [
    `## ${succeeded(report) ? "✅" : "❌"} ${text(redact(sentence(report)))}`,
    ...report.hosts.flatMap((host) => hostPart(host, report, redact)),
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

function hostPart(host: HostReport, report: Report, redact: Redact): readonly string[] {
  return [
    ...(report.hosts.length > 1
      ? [`### ${host.errors.length > 0 ? "❌" : "✅"} ${text(host.host)}`]
      : []),
    ...host.errors.flatMap((error) => errorPart(error, redact)),
    ...servicesTable(host),
    ...healthLine(host, redact),
    ...topology(report.services, (name) => stateOf(host, name)),
    ...changesPart(host, redact),
    ...factsLine(host),
  ];
}

/** How a service ended, for its colour. */
function stateOf(host: HostReport, name: string): "up" | "down" | "kept" | "unknown" {
  const state = host.applied?.services.get(name);
  if (state === undefined) return "unknown";
  if (state.active !== "active") return "down";
  return host.applied?.restarted.includes(name) ? "up" : "kept";
}

export function errorPart(error: DeployError, redact: Redact): readonly string[] {
  const said = error.parts.details ?? [];
  const shown = said.slice(0, evidence.lines).map((line) => line.slice(0, evidence.characters));
  const cut = said.length - shown.length;
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
  return [
    ...(host.applied?.outcome.kind === "reverted"
      ? ["The services as the new release had them; all of it was put back:"]
      : []),
    table(["Service", "State", "Started in", "Image", "Why"], rows),
  ];
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

/** What changed: a table of files and keys, and the files' differences. */
export function changesPart(host: HostReport, redact: Redact): readonly string[] {
  if (!host.plan) return [];
  const { files, env, warnings } = host.plan;
  const changed = files.filter((file) => file.change !== "unchanged");
  const rows = changed.map((file) => [
    code(file.path),
    `${file.change}${file.drifted ? ", edited on the host" : ""}`,
    text(file.layer),
    text(file.source),
  ]);
  const key = (name: string, change: string) => [code(`.env: ${name}`), change, "", ""];
  const keys = [
    ...env.set.map((name) => key(name, "set")),
    ...(env.removed ?? []).map((name) => key(name, "removed")),
    ...env.kept.map((name) => key(name, "kept from the host")),
  ];
  const all = [...rows, ...keys];
  return [
    ...warnings.map((warning) => `> [!WARNING]\n> ${text(warning)}`),
    ...(all.length > 0
      ? [
          details(
            `${count(changed.length, "file")} and ${count(env.set.length, "key")} of .env changed`,
            [
              table(["What", "Change", "Layer", "From"], all),
              ...diffsPart(host.diffs ?? [], redact),
            ].join("\n\n"),
          ),
        ]
      : []),
  ];
}

function factsLine(host: HostReport): readonly string[] {
  if (!host.facts) return [];
  const phases = host.phases
    .filter(({ time }) => time >= 50)
    .map(({ phase, time }) => `${phase} ${seconds(time)}`)
    .join(" · ");
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
