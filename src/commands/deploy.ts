import type { Report } from "../report/report.js";
import type { DeploySettings } from "../settings/settings.js";
import { buildAll } from "./build.js";
import type { Context } from "./context.js";
import { atSource, servicesAndFindings } from "./host-messages.js";
import { sayLeftOut } from "./left-out.js";
import { onHosts } from "./on-hosts.js";
import { releaseId, ship } from "./ship.js";

/**
 * Ships the release to each host in turn; the first that fails stops the rest.
 *
 * @throws {DeployError | DeployErrors} for what is wrong before any host is asked; what goes
 *   wrong on a host is in its report
 */
export async function deploy(settings: DeploySettings, context: Context): Promise<Report> {
  const began = performance.now();
  const builds = buildAll(
    settings.content,
    settings.logins.map(({ name }) => name),
    { stacks: context.stacks, rollback: settings.rollback },
  );
  const now = context.now();
  sayLeftOut(builds, settings.content, context.narrator);
  const run = await onHosts(settings, context, {
    services: ({ name }) => builds.of(name).services,
    intend: (here, { name }) => {
      const built = builds.of(name);
      return ship(here, built, releaseId(now, built.release.sha256), settings, context);
    },
  });
  return {
    command: "deploy",
    app: settings.content.app,
    environment: settings.content.environment,
    ...servicesAndFindings(builds, run.hosts),
    ...run,
    hosts: run.hosts.map((host) => ({
      ...host,
      errors: host.errors.flatMap((error) => atSource(error, builds.of(host.host).release)),
    })),
    duration: performance.now() - began,
  };
}
