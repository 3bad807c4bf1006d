import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { MANIFEST, type Registry } from "./registry.js";

/** A file, a link or an empty folder of a layer. */
export interface Entry {
  /** Relative to the image's root. */
  readonly path: string;
  readonly content?: Buffer | string;
  /** The target, when it is a symbolic link. */
  readonly link?: string;
  /** Default 0755 for folders and for files that begin with `#!`, else 0644. */
  readonly mode?: number;
  /** Owner and group; 0 when left out. */
  readonly owner?: number;
}

/**
 * One layer of an image: a tar. It is not compressed, for the network is memory, and gunzip
 * would be most of what a pull costs a host.
 */
export interface Layer {
  /** `sha256:…` of the tar, by which the registry and a host's storage know it. */
  readonly digest: string;
  readonly content: Buffer;
}

/** The part of an image's configuration that a Dockerfile would set. */
export interface Config {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly StopSignal?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

export function layerOfTar(tar: Buffer): Layer {
  return { digest: digestOf(tar), content: tar };
}

/** A layer whose bytes depend on its entries alone. */
export async function layerOf(entries: readonly Entry[]): Promise<Layer> {
  const tar = pack();
  const folders = new Set<string>();
  for (const entry of entries) {
    for (const folder of parents(entry.path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      tar.entry({ name: folder, type: "directory", mode: 0o755, mtime: EPOCH });
    }
    const { path, content, link, owner = 0 } = entry;
    const common = { name: path, mtime: EPOCH, uid: owner, gid: owner };
    if (link !== undefined) {
      tar.entry({ ...common, type: "symlink", linkname: link });
    } else if (content === undefined) {
      folders.add(path);
      tar.entry({ ...common, type: "directory", mode: entry.mode ?? 0o755 });
    } else {
      const script = typeof content === "string" && content.startsWith("#!");
      tar.entry({ ...common, mode: entry.mode ?? (script ? 0o755 : 0o644) }, content);
    }
  }
  tar.finalize();
  return layerOfTar(await buffer(tar));
}

export async function push(
  registry: Registry,
  repository: string,
  tag: string,
  layers: readonly Layer[],
  config: Config,
): Promise<void> {
  for (const layer of layers) await registry.putBlob(repository, layer.digest, layer.content);
  const image = Buffer.from(
    JSON.stringify({
      architecture: architecture(),
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
      history: layers.map(() => ({ created: EPOCH, created_by: "testbed" })),
    }),
  );
  await registry.putBlob(repository, digestOf(image), image);
  await registry.putManifest(repository, tag, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(image),
      size: image.length,
    },
    layers: layers.map(({ digest, content }) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest,
      size: content.length,
    })),
  });
}

/** One date for everything, so that a rebuilt image is the same image. */
const EPOCH = new Date("2026-01-01T00:00:00Z");

/** This machine's architecture by the name that images use. */
function architecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** `a`, `a/b` for `a/b/c`. */
function parents(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
