import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { envText } from "../render/env-file.js";
import { type RenderSettings, systemdDirs } from "../settings/settings.js";
import { build } from "./build.js";
import type { Context } from "./context.js";

/**
 * Writes every file of the release at the place that it has on a host, below `out`; a home
 * directory (`%h`) is written as `home`.
 *
 * @returns the paths written, below `out`
 * @throws {DeployError | DeployErrors} phases `sources`, `render` and `check`
 */
export function renderTo(settings: RenderSettings, context: Context): readonly string[] {
  const { content, out } = settings;
  const { release } = build(content, context.stacks);
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
