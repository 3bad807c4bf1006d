import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DeployError } from "../errors.js";
import { envText } from "../render/env-file.js";
import { type RenderSettings, systemdDirs } from "../settings/settings.js";
import { type Builds, buildAll } from "./build.js";
import type { Context } from "./context.js";

/**
 * Writes every file of the release at the place that it has on a host, below `out`; a home
 * directory (`%h`) is written as `home`.
 *
 * @returns the paths written, below `out`
 * @throws {DeployError | DeployErrors} phases `sources`, `render` and `check`
 */
export function renderTo(settings: RenderSettings, context: Context): readonly string[] {
  const { content, hosts, out } = settings;
  const builds = buildAll(content, hosts, { stacks: context.stacks, rollback: true });
  const [first, other] = builds.all;
  if (first === undefined || other !== undefined) throw severalReleases(builds, hosts);
  const { release } = first;
  const places = { quadlet: content.quadletDir, systemd: systemdDirs[content.scope] };
  const files = [
    ...release.files,
    { place: "quadlet" as const, path: ".env", content: envText(release.env), mode: 0o600 },
  ];
  return files.map((file) => {
    const path = `${places[file.place]}/${file.path}`.replace(/^%h/, "home").replace(/^\//, "");
    const absolute = join(out, path);
    mkdirSync(dirname(absolute), { recursive: true });
    // Made anew, so that no wider mode of an old file shows an .env for a moment.
    rmSync(absolute, { force: true });
    writeFileSync(absolute, file.content, { mode: file.mode });
    return path;
  });
}

function severalReleases(builds: Builds, hosts: readonly string[]): DeployError {
  return new DeployError({
    phase: "render",
    object: "hosts",
    cause: "the hosts get different files, and there is one place to write them to",
    remedy: "Name one host with `hosts`.",
    details: builds.all.map((built) =>
      hosts.filter((name) => builds.of(name) === built).join(", "),
    ),
  });
}
