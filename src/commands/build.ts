import { throwAll } from "../errors.js";
import { checkUnits } from "../quadlet/check.js";
import { type Service, servicesOf } from "../quadlet/services.js";
import { type Release, renderRelease } from "../render/release.js";
import { supplyServiceEnvironment } from "../render/service-environment.js";
import { findSources } from "../render/sources.js";
import type { Content } from "../settings/settings.js";

export interface Built {
  readonly release: Release;
  readonly services: readonly Service[];
}

/**
 * From the repository's files to a release: everything that can be known without a host.
 *
 * @param stacks the directory of the built-in stacks
 * @throws {DeployError | DeployErrors} phases `sources`, `render` and `check`
 */
export function build(content: Content, stacks: string): Built {
  const rendered = renderRelease(findSources(content, stacks), content);
  const release = supplyServiceEnvironment(rendered, content);
  const services = servicesOf(release.files);
  throwAll(checkUnits(release.files, services));
  return { release, services };
}
