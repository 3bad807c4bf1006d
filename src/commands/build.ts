import { type DeployError, deployErrors, throwAll } from "../errors.js";
import { variablesOf, withTaskVariables } from "../inventory/index.js";
import { inRelease } from "../plan/paths.js";
import { checkUnits, errorOf } from "../quadlet/check.js";
import type { Finding } from "../quadlet/rules/finding.js";
import { type Service, servicesOf } from "../quadlet/services.js";
import { type Release, renderRelease } from "../render/release.js";
import { supplyServiceEnvironment } from "../render/service-environment.js";
import { lineInSource } from "../render/source-line.js";
import { findSources } from "../render/sources.js";
import { givenVariables, type Variables } from "../render/variables.js";
import type { Content } from "../settings/settings.js";

export interface Built {
  readonly release: Release;
  readonly services: readonly Service[];
  /** What the check says of it that stops nothing. */
  readonly findings: readonly Finding[];
}

/** What builds are made with, beside the content. */
export interface Building {
  /** The directory of the built-in stacks. */
  readonly stacks: string;
  /** Whether a release that fails is put back. */
  readonly rollback: boolean;
}

/** The releases of several hosts. */
export interface Builds {
  /** Each once, in the order of the hosts. */
  readonly all: readonly Built[];
  /** @param name of a host in the inventory; without one there is one release for all */
  readonly of: (name: string) => Built;
}

/**
 * What each host gets: the same release, unless an inventory gives them variables of their own.
 *
 * @param names of the hosts in the inventory
 * @throws {DeployError | DeployErrors} phases `settings` (the inventory's), `sources`, `render` and
 *   `check`: what is wrong with any host's release, each thing once
 */
export function buildAll(content: Content, names: readonly string[], how: Building): Builds {
  if (content.inventory === undefined) {
    const built = build(content, how);
    return { all: [built], of: () => built };
  }
  const byHost = new Map<string, Built>();
  const errors = new Map<string, DeployError>();
  for (const name of names) {
    try {
      const built = build(content, how, inventoryVariables(content, name, names));
      const same = [...byHost.values()].find(
        ({ release }) => release.sha256 === built.release.sha256,
      );
      byHost.set(name, same ?? built);
    } catch (error) {
      const known = deployErrors(error);
      if (known.length === 0) throw error;
      for (const one of known) if (!errors.has(one.message)) errors.set(one.message, one);
    }
  }
  throwAll([...errors.values()]);
  return {
    all: [...new Set(byHost.values())],
    of: (name) => {
      const built = byHost.get(name);
      if (built === undefined) throw new Error(`nothing was built for ${name}`);
      return built;
    },
  };
}

/**
 * From the repository's files to a release: everything that can be known without a host.
 *
 * @param ofHost what the inventory has for the host, where there is one
 * @throws {DeployError | DeployErrors} phases `settings`, `sources`, `render` and `check`
 */
export function build(
  content: Content,
  { stacks, rollback }: Building,
  ofHost: Variables = {},
): Built {
  const rendered = renderRelease(findSources(content, stacks), content, ofHost);
  const release = supplyServiceEnvironment(rendered, content);
  const services = servicesOf(release.files);
  const { scope } = content;
  const findings = inSource(checkUnits(release.files, services, { scope, rollback }), release);
  throwAll(findings.filter(({ severity }) => severity === "error").map(errorOf));
  return { release, services, findings };
}

/**
 * What the inventory has for a host; nothing where there is no inventory.
 *
 * @param hosts all that the command is for
 */
export function inventoryVariables(
  content: Content,
  host: string,
  hosts: readonly string[],
): Variables {
  if (content.inventory === undefined) return {};
  const variables = variablesOf(content.inventory, host, givenVariables(content.variables));
  return withTaskVariables(variables, hosts);
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
