import type { OutputName } from "../settings/options.js";
import { reportJson } from "./json.js";
import type { Redact } from "./redact.js";
import { hasChanged, type Report, sentence, succeeded, wouldChange } from "./report.js";

/** The action's outputs. With several hosts, what differs between them is given for the last one tried. */
export function outputsOf(report: Report, redact: Redact): Readonly<Record<OutputName, string>> {
  const last = report.hosts.at(-1);
  const restarted = new Set(report.hosts.flatMap((host) => host.applied?.restarted ?? []));
  const digests = Object.fromEntries(
    report.hosts.flatMap((host) =>
      (host.applied?.images ?? []).map((image) => [image.image, image.digest]),
    ),
  );
  return {
    release: last?.release ?? "",
    "previous-release": last?.previous ?? "",
    changed: String(report.hosts.some(report.command === "plan" ? wouldChange : hasChanged)),
    restarted: [...restarted].join(" "),
    "rolled-back": String(report.hosts.some((host) => host.applied?.outcome.kind === "reverted")),
    healthy: String(succeeded(report)),
    "health-status": String(last?.applied?.answer?.status ?? ""),
    "image-digests": JSON.stringify(digests),
    plan: reportJson(report, redact),
    summary: sentence(report),
    duration: (report.duration / 1000).toFixed(1),
  };
}
