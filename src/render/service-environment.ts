import { servicesOf } from "../quadlet/services.js";
import type { Content } from "../settings/settings.js";
import { type Release, releaseFile, withFiles } from "./release.js";

/**
 * systemd expands `${…}` in a generated service from `[Service]` environment alone, so a
 * unit with only `[Container] EnvironmentFile=` starts `podman run /:`. Units that use
 * `${…}` and bring no `[Service] EnvironmentFile=` get one by a drop-in that names the
 * host's `.env`.
 *
 * Source: maintainers in podman issue 25532, and seen on a host.
 */
export function supplyServiceEnvironment(release: Release, content: Content): Release {
  const dropIns = servicesOf(release.files)
    .filter(({ place, instanceOf }) => place === "quadlet" && instanceOf === undefined)
    .filter((service) => service.variables.length > 0 && service.serviceEnvFiles.length === 0)
    .map((service) =>
      releaseFile(
        {
          place: "systemd",
          path: `${service.name}.d/quadlet-deploy.conf`,
          layer: "tool",
          file: service.source,
        },
        [
          `# ${service.unit} uses \${…}, which systemd expands from [Service] environment alone.`,
          "[Service]",
          `EnvironmentFile=${content.quadletDir}/.env`,
          "",
        ].join("\n"),
      ),
    );
  return withFiles(release, [...release.files, ...dropIns]);
}
