import { DeployError } from "../errors.js";
import { askRunnersPodman } from "../local/runner-podman.js";
import {
  type GeneratorMessage,
  generatorMessages,
  lineAbout,
} from "../quadlet/generator-messages.js";
import { hostFindings } from "../quadlet/host-verify.js";
import type { Finding } from "../quadlet/rules/finding.js";
import type { Service } from "../quadlet/services.js";
import type { Release, ReleaseFile } from "../render/release.js";
import { lineInSource } from "../render/source-line.js";
import type { HostReport } from "../report/report.js";
import type { Scope } from "../settings/settings.js";
import { type Builds, type Built, inSource } from "./build.js";

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

/** The services of all releases, and what is said of their units, each thing once. */
export function servicesAndFindings(
  { all, of }: Builds,
  hosts: readonly HostReport[],
): { readonly services: readonly Service[]; readonly findings: readonly Finding[] } {
  const services = new Map(all.flatMap((one) => one.services.map((each) => [each.name, each])));
  const findings = all.flatMap((one) =>
    withVerified(
      one,
      hosts.filter(({ host }) => of(host) === one),
    ),
  );
  return { services: [...services.values()], findings: once(findings) };
}

export function once(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/** What systemd on the hosts says of the units, each thing once, as findings beside the check's own. */
function withVerified(
  { release, services, findings }: Built,
  hosts: readonly HostReport[],
): readonly Finding[] {
  const said = hosts.flatMap(({ applied, preview }) => [
    ...(applied?.verified ?? []),
    ...(preview?.verified ?? []),
  ]);
  return withMore(
    findings,
    inSource(hostFindings([...new Set(said)], release.files, services), release),
  );
}

/** What the runner's own Podman and systemd say, where it has them, as findings beside the check's own. */
export async function withRunners(
  { release, findings }: Built,
  scope: Scope,
): Promise<readonly Finding[]> {
  const said = (await askRunnersPodman(release.files, scope)) ?? [];
  return withMore(findings, inSource(said, release));
}

/** Of a line that the check has spoken of already, nobody else has to. */
function withMore(findings: readonly Finding[], more: readonly Finding[]): readonly Finding[] {
  const known = new Set(findings.map(({ source, line }) => `${source}:${line}`));
  return [...findings, ...more.filter(({ source, line }) => !known.has(`${source}:${line}`))];
}

function lineOf(message: GeneratorMessage, file: ReleaseFile): number | undefined {
  const { about } = message;
  const line = message.line ?? (about && lineAbout(about, file.content));
  return line && lineInSource(file, line);
}
