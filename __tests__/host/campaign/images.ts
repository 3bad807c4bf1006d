import { createHash } from "node:crypto";
import type { Registry } from "../../../testbed/bed.js";
import { layerOf } from "../../../testbed/oci.js";
import { MANIFEST } from "../../../testbed/registry.js";

/** How a container of the image behaves. */
export type Behaviour =
  | "healthy"
  /** It serves, but has no `/health/`. */
  | "unhealthy"
  /** It ends as soon as it starts. */
  | "exits";

/**
 * Pushes an image of its own made of `tiny` and a page that tells which it is.
 * Answers with the ID by which Podman will know it.
 */
export async function pushImage(
  registry: Registry,
  repository: string,
  tag: string,
  page: string,
  behaviour: Behaviour,
): Promise<string> {
  const { manifest, config } = await tiny(registry);
  const pages = [{ path: "www/index.html", content: `${page}\n` }];
  if (behaviour !== "unhealthy")
    pages.push({ path: "www/health/index.html", content: `ok ${page}\n` });
  const own = await layerOf(pages);
  // The last layer of `tiny:v1` holds its pages; ours takes its place.
  const shared = manifest.layers.slice(0, -1);
  for (const { digest } of shared) await copy(registry, digest, repository);
  await registry.putBlob(repository, own.digest, own.content);

  const image = Buffer.from(
    JSON.stringify({
      ...config,
      config: {
        ...config.config,
        Cmd: behaviour === "exits" ? ["/usr/bin/fail"] : ["/usr/bin/serve"],
      },
      rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids.slice(0, -1), own.digest] },
    }),
  );
  const id = `sha256:${createHash("sha256").update(image).digest("hex")}`;
  await registry.putBlob(repository, id, image);
  await registry.putManifest(repository, tag, {
    ...manifest,
    config: { ...manifest.config, digest: id, size: image.length },
    layers: [
      ...shared,
      { ...manifest.layers.at(-1), digest: own.digest, size: own.content.length },
    ],
  });
  return id;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

interface Config {
  readonly config: object;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

async function tiny(registry: Registry): Promise<{ manifest: Manifest; config: Config }> {
  const described = await get(registry, "tiny/manifests/v1", MANIFEST);
  const manifest = (await described.json()) as Manifest;
  const configured = await get(registry, `tiny/blobs/${manifest.config.digest}`);
  return { manifest, config: (await configured.json()) as Config };
}

async function copy(registry: Registry, digest: string, repository: string): Promise<void> {
  const blob = await get(registry, `tiny/blobs/${digest}`);
  await registry.putBlob(repository, digest, Buffer.from(await blob.arrayBuffer()));
}

async function get(registry: Registry, path: string, accept = "*/*"): Promise<Response> {
  const response = await fetch(`http://${registry.address}/v2/${path}`, { headers: { accept } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}
