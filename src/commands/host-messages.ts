import { DeployError } from "../errors.js";
import { type GeneratorMessage, generatorMessages } from "../quadlet/generator-messages.js";
import type { Finding } from "../quadlet/rules/finding.js";
import { parseUnitFile } from "../quadlet/unit-file.js";
import { verifyFindings } from "../quadlet/host-verify.js";
import type { Release, ReleaseFile } from "../render/release.js";
import { sourceLine } from "../render/source-line.js";
import type { HostReport } from "../report/report.js";
import { type Built, inSource } from "./build.js";

/**
 * An error of the host's generator as one for each of its complaints, at the template's file and
 * line; any other error as it is.
 */
export function atSource(error: DeployError, { files }: Release): readonly DeployError[] {
  const { phase, details = [] } = error.parts;
  if (phase !== "validate") return [error];
  const located = generatorMessages(details).flatMap((message): DeployError[] => {
    const file = files.find(({ place, path }) => place === "quadlet" && path === message.unit);
    if (file === undefined) return [];
    const line = lineOf(message, file);
    return [
      new DeployError({
        ...error.parts,
        location: { file: file.source, ...(line === undefined ? {} : { line }) },
        cause: `the host's own Podman does not accept the unit (${message.text}); nothing was changed`,
        remedy: "It is at the line that is named.",
      }),
    ];
  });
  return located.length === 0 ? [error] : located;
}

/** What systemd on the hosts says of the units, each thing once, as findings beside the check's own. */
export function withVerified(
  { release, services, findings }: Built,
  hosts: readonly HostReport[],
): readonly Finding[] {
  const said = hosts.flatMap(({ applied, preview }) => [
    ...(applied?.verified ?? []),
    ...(preview?.verified ?? []),
  ]);
  const verified = inSource(verifyFindings([...new Set(said)], release.files, services), release);
  const known = new Set(findings.map(({ source, line }) => `${source}:${line}`));
  return [...findings, ...verified.filter(({ source, line }) => !known.has(`${source}:${line}`))];
}

function lineOf({ about }: GeneratorMessage, file: ReleaseFile): number | undefined {
  const entry = parseUnitFile(file.content).entries.find(
    ({ section, key, value }) =>
      about !== undefined &&
      (about.section === undefined || section === about.section) &&
      (about.key === undefined || key === about.key) &&
      (about.value === undefined || value.split(/[\s:,=]/).includes(about.value)),
  );
  if (entry === undefined || about === undefined) return undefined;
  return file.template === undefined
    ? entry.line
    : sourceLine(file.template, file.content, entry.line);
}
