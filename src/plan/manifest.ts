import { DeployError } from "../errors.js";

/** What a release on a host says of itself: `releases/ID/manifest.json`, version 1. */
export interface Manifest {
  readonly version: 1;
  readonly app: string;
  readonly environment: string;
  readonly release: string;
  /** When it was made, on the runner's clock (ISO 8601, UTC). */
  readonly created: string;
  /** Who deployed it, and the run that did, where they are known. */
  readonly actor: string;
  readonly run: string;
  readonly files: readonly ManifestFile[];
  readonly services: readonly ManifestService[];
}

export interface ManifestFile {
  readonly place: "quadlet" | "systemd";
  readonly path: string;
  readonly sha256: string;
  readonly layer: string;
  readonly source: string;
}

export interface ManifestService {
  readonly name: string;
  readonly unit: string;
  /** Links below systemd's directory that enable it; none for what Quadlet makes. */
  readonly links?: readonly string[];
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** @throws {DeployError} phase `plan`, for text that is no manifest of a version known here */
export function parseManifest(host: string, text: string): Manifest {
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch (error) {
    throw unreadable(host, "it is not JSON", error);
  }
  if (manifest?.version !== 1) {
    throw unreadable(host, `its version is ${String(manifest?.version)}, and this program knows 1`);
  }
  if (!Array.isArray(manifest.files) || !Array.isArray(manifest.services)) {
    throw unreadable(host, "it lists no files and services");
  }
  return manifest as Manifest;
}

function unreadable(host: string, cause: string, error?: unknown): DeployError {
  return new DeployError({
    host,
    phase: "plan",
    object: "manifest.json of the current release",
    cause,
    remedy: "Was it edited, or written by a newer quadlet-deploy?",
    error,
  });
}
