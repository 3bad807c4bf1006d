import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { until } from "./process.js";

/** A registry of images: Debian's docker-registry, over plain HTTP. */
export class Registry implements AsyncDisposable {
  private process: ChildProcess | undefined;

  private constructor(
    /** `10.77.0.1:5000`: the first part of an image's name. */
    readonly address: string,
    /** Its configuration, its log, and in `storage` its images. */
    private readonly folder: string,
  ) {}

  static async start(address: string, folder: string): Promise<Registry> {
    await mkdir(join(folder, "storage"), { recursive: true });
    const registry = new Registry(address, folder);
    await registry.start();
    return registry;
  }

  get log(): string {
    return join(this.folder, "registry.log");
  }

  /** Starts it again after `stop`, with the same images. */
  async start(): Promise<void> {
    const config = join(this.folder, "config.yml");
    await writeFile(
      config,
      stringify({
        version: "0.1",
        log: { level: "warn", accesslog: { disabled: true } },
        storage: {
          filesystem: { rootdirectory: join(this.folder, "storage") },
          delete: { enabled: true },
        },
        http: { addr: this.address },
      }),
    );
    const log = openSync(this.log, "a");
    const server = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", "docker-registry", "serve", config],
      // It tries to report traces over the network unless told not to.
      { stdio: ["ignore", log, log], env: { ...process.env, OTEL_TRACES_EXPORTER: "none" } },
    );
    this.process = server;
    await until(
      `the registry on ${this.address} answers`,
      async () => {
        if (server.exitCode !== null) throw new Error(`the registry ended; see ${this.log}`);
        const response = await fetch(`http://${this.address}/v2/`).catch(() => undefined);
        return response?.ok || undefined;
      },
      { timeout: 20_000 },
    );
  }

  /** Stops it: every pull fails from now on. */
  async stop(): Promise<void> {
    const server = this.process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
    this.process = undefined;
  }

  /** Lets `to` name the image that `from` names, as a push of the same tag would. */
  async retag(repository: string, from: string, to: string): Promise<void> {
    const { body, type } = await this.manifest(repository, from);
    await this.put(`/v2/${repository}/manifests/${to}`, body, type);
  }

  /** The digest (`sha256:…`) of the manifest that a tag names. */
  async digest(repository: string, tag: string): Promise<string> {
    return (await this.manifest(repository, tag)).digest;
  }

  /** Stores a blob, unless the repository has it. */
  async putBlob(repository: string, digest: string, content: Buffer): Promise<void> {
    const there = await fetch(this.url(`/v2/${repository}/blobs/${digest}`), { method: "HEAD" });
    if (there.ok) return;
    const begun = await fetch(this.url(`/v2/${repository}/blobs/uploads/`), { method: "POST" });
    const location = begun.headers.get("location");
    if (location === null) throw new Error(`${repository}: the registry took no upload`);
    const upload = new URL(location, this.url("/"));
    upload.searchParams.set("digest", digest);
    await this.put(upload.href, content, "application/octet-stream");
  }

  async putManifest(
    repository: string,
    tag: string,
    manifest: object,
    type = MANIFEST,
  ): Promise<void> {
    const body = Buffer.from(JSON.stringify(manifest));
    await this.put(`/v2/${repository}/manifests/${tag}`, body, type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async manifest(repository: string, tag: string) {
    const response = await fetch(this.url(`/v2/${repository}/manifests/${tag}`), {
      headers: { accept: MANIFEST },
    });
    if (!response.ok) throw new Error(`${repository}:${tag}: ${response.status}`);
    return {
      body: Buffer.from(await response.arrayBuffer()),
      type: response.headers.get("content-type") ?? MANIFEST,
      digest: response.headers.get("docker-content-digest") ?? "",
    };
  }

  private async put(path: string, body: Buffer, type: string): Promise<void> {
    const url = this.url(path);
    const response = await fetch(url, {
      method: "PUT",
      body: new Uint8Array(body),
      headers: { "content-type": type },
    });
    if (!response.ok) throw new Error(`PUT ${url}: ${response.status} ${await response.text()}`);
  }

  private url(path: string): string {
    return new URL(path, `http://${this.address}`).href;
  }
}

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
