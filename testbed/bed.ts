import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BootOptions, Host } from "./host.js";
import { authorizedKeys, type Keys, makeKeys } from "./keys.js";
import { REGISTRY } from "./network.js";
import { must } from "./process.js";
import { Registry } from "./registry.js";
import { cgroupOf, enclosing, hostsFolder, type Supplies, unifiedTree } from "./sandbox.js";

export type { BootOptions, ExecOptions, Host, User } from "./host.js";
export type { Key, Keys } from "./keys.js";
export type { Result } from "./process.js";
export { TcpProxy } from "./proxy.js";
export type { Registry } from "./registry.js";

/**
 * Hosts and a registry, for tests, the demo and the benchmark. It works inside a sandbox
 * alone (`node dist/testbed.cjs run -- COMMAND…`), where `http://10.77.0.2:8000` simply works.
 */
export class Bed implements AsyncDisposable {
  private readonly hosts = new Map<number, Host>();
  private running: Promise<Registry> | undefined;

  private constructor(
    /** Removed at the end; a place for a test's own files as well. */
    readonly folder: string,
    readonly keys: Keys,
    private readonly run: string,
    private readonly supplies: Supplies,
  ) {}

  static async open(): Promise<Bed> {
    const { folder: run, supplies } = await enclosing();
    const folder = await mkdtemp(join(run, "bed-"));
    return new Bed(folder, await makeKeys(join(folder, "keys")), run, supplies);
  }

  /** The registry with the images, started once. */
  registry(): Promise<Registry> {
    this.running ??= this.startRegistry();
    return this.running;
  }

  /** A new host, up and running. */
  async boot(options: BootOptions = {}): Promise<Host> {
    const image = this.imageFor(options);
    const number = await this.freeNumber();
    const host = await Host.make(
      {
        folder: this.hostFolder(number),
        number,
        image,
        authorizedKeys: authorizedKeys(this.keys),
        cgroup: join(unifiedTree(), cgroupOf(this.run)),
      },
      options,
    );
    this.hosts.set(number, host);
    return host;
  }

  /** Cuts every host's power, ends the registry and removes their folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host[Symbol.asyncDispose]()));
    await (await this.running)?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private imageFor({ suite = "trixie" }: BootOptions): string {
    const image = this.supplies.roots[suite];
    if (image === undefined)
      throw new Error(`${suite} is not installed; see \`testbed install --with\``);
    return image;
  }

  /**
   * A number that no other bed of this sandbox has: making the host's folder takes it, which
   * only one can.
   */
  private async freeNumber(): Promise<number> {
    for (let number = 2; number < 255; number++) {
      const taken = await mkdir(this.hostFolder(number)).then(
        () => false,
        () => true,
      );
      if (!taken) return number;
    }
    throw new Error("no address is free");
  }

  private hostFolder(number: number): string {
    return join(hostsFolder(this.run), String(number));
  }

  private async startRegistry(): Promise<Registry> {
    const folder = join(this.folder, "registry");
    await mkdir(folder);
    // A copy, for tests push to it. The registry never writes to a blob that it has, so that
    // those, nearly all of the bytes, can be the cache's own files.
    await must("sh", [
      "-ec",
      'mkdir -p "$1/$2"; cp --archive --link "$0/$2/blobs" "$1/$2"; cp --archive "$0/$2/repositories" "$1/$2"',
      ...[this.supplies.registry, join(folder, "storage"), "docker/registry/v2"],
    ]);
    return Registry.start(REGISTRY, folder);
  }
}
