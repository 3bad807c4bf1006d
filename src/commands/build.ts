import { throwAll } from "../errors.js";
import { inRelease } from "../plan/paths.js";
import { checkUnits, errorOf } from "../quadlet/check.js";
import type { Finding } from "../quadlet/rules/finding.js";
import { type Service, servicesOf } from "../quadlet/services.js";
import { type Release, renderRelease } from "../render/release.js";
import { supplyServiceEnvironment } from "../render/service-environment.js";
import { lineInSource } from "../render/source-line.js";
import { findSources } from "../render/sources.js";
import type { Content } from "../settings/settings.js";

export interface Built {
  readonly release: Release;
  readonly services: readonly Service[];
  /** What the check says of it that stops nothing. */
  readonly findings: readonly Finding[];
}

/**
 * From the repository's files to a release: everything that can be known without a host.
 *
 * @param stacks the directory of the built-in stacks
 * @param rollback whether a release that fails is put back
 * @throws {DeployError | DeployErrors} phases `sources`, `render` and `check`
 */
export function build(content: Content, stacks: string, rollback = true): Built {
  const rendered = renderRelease(findSources(content, stacks), content);
  const release = supplyServiceEnvironment(rendered, content);
  const services = servicesOf(release.files);
  const { scope } = content;
  const findings = inSource(checkUnits(release.files, services, { scope, rollback }), release);
  throwAll(findings.filter(({ severity }) => severity === "error").map(errorOf));
  return { release, services, findings };
}

/**
 * What the host's version of Podman does not know, as errors.
 *
 * @throws {DeployError | DeployErrors} phase `check`
 */
export function checkVersion({ release, services }: Built, content: Content, podman: string): void {
  const context = { scope: content.scope, rollback: true, podman };
  const found = checkUnits(release.files, services, context).filter(
    ({ rule }) => rule === "key-needs-newer-podman",
  );
  throwAll(inSource(found, release).map(errorOf));
}

/** With lines of the templates, in place of those of what they render to. */
export function inSource(findings: readonly Finding[], release: Release): readonly Finding[] {
  return findings.map((finding) => {
    const file = release.files.find((one) => inRelease(one) === finding.path);
    if (file === undefined || finding.line === undefined) return finding;
    return { ...finding, line: lineInSource(file, finding.line) };
  });
}
