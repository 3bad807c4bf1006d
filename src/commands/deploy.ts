import type { Report } from "../report/report.js";
import type { DeploySettings } from "../settings/settings.js";
import { build } from "./build.js";
import type { Context } from "./context.js";
import { atSource, withVerified } from "./host-messages.js";
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
  const built = build(settings.content, context.stacks, settings.rollback);
  const id = releaseId(context.now(), built.release.sha256);
  if (built.release.ignored.length > 0) {
    context.narrator.line(
      `not deployed, for they are no units: ${built.release.ignored.join(", ")}`,
    );
  }
  const run = await onHosts(settings, context, {
    services: built.services,
    intend: (here) => ship(here, built, id, settings, context),
  });
  return {
    command: "deploy",
    app: settings.content.app,
    environment: settings.content.environment,
    services: built.services,
    findings: withVerified(built, run.hosts),
    ...run,
    hosts: run.hosts.map((host) => ({
      ...host,
      errors: host.errors.flatMap((error) => atSource(error, built.release)),
    })),
    duration: performance.now() - began,
  };
}
