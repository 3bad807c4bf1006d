import { createHash } from "node:crypto";
import { pack } from "tar-stream";
import { type Manifest, manifestText } from "../plan/manifest.js";
import { inRelease } from "../plan/paths.js";
import { envText } from "../render/env-file.js";
import type { Release } from "../render/release.js";

/**
 * A release as a tar archive: its files at the paths that they have in the release's directory,
 * `.env` (0600), `manifest.json`, and `sums`, with which the host checks what arrived.
 */
export async function archive(release: Release, manifest: Manifest): Promise<Buffer> {
  const files = [
    ...release.files.map((file) => ({
      name: inRelease(file),
      content: file.content,
      mode: file.mode,
    })),
    { name: "manifest.json", content: manifestText(manifest), mode: 0o644 },
  ];
  const sums = files
    .map(({ name, content }) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`)
    .join("");
  const tar = pack();
  for (const { name, content, mode } of [
    ...files,
    { name: "sums", content: sums, mode: 0o644 },
    { name: ".env", content: envText(release.env), mode: 0o600 },
  ]) {
    tar.entry({ name, mode, mtime: new Date(manifest.created) }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
