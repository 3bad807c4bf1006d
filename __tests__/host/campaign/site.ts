import type { Bed, Host, Registry } from "../../../testbed/bed.js";
import { TcpProxy } from "../../../testbed/bed.js";
import { BRIDGE } from "../../../testbed/network.js";
import { type Inputs, places, Workspace } from "../support.js";
import { Gate } from "./gate.js";
import type { Behaviour } from "./images.js";
import { Job, type JobEnd } from "./job.js";
import { APP, checkout, makeRelease, OPERATOR_KEY, type Ports, type Release } from "./releases.js";
import { type Snapshot, takeSnapshot } from "./snapshot.js";

export type Owner = keyof typeof places;

/** Milliseconds within which any job has to come to its end. */
const JOB = 240_000;

/**
 * The application on one host, for one owner of units, and the way there from the runner: a
 * stretch of network that can be spoilt.
 */
export class Site implements AsyncDisposable {
  /** Every file in the directories of units before the first deploy: they are not ours. */
  private before: ReadonlySet<string> = new Set();
  private generation = 0;
  /** What the host runs, as far as a deploy that was green says so. */
  release: Release | undefined;

  private constructor(
    private readonly bed: Bed,
    readonly host: Host,
    readonly owner: Owner,
    private readonly registry: Registry,
    readonly ports: Ports,
    readonly network: TcpProxy,
  ) {}

  /** Deploys the first release. `number` keeps the sites of one test run apart. */
  static async make(bed: Bed, host: Host, owner: Owner, number: number): Promise<Site> {
    const base = 8000 + number * 10 + (owner === "rootful" ? 0 : 5);
    const site = new Site(
      bed,
      host,
      owner,
      await bed.registry(),
      { web: base, worker: base + 1, db: base + 2 },
      await TcpProxy.open({ host: host.address, port: 22 }),
    );
    await site.prepare();
    return site;
  }

  get user(): "root" | "senex" {
    return this.owner === "rootful" ? "root" : "senex";
  }

  get uid(): number {
    return this.owner === "rootful" ? 0 : 987;
  }

  get places(): (typeof places)[Owner] {
    return places[this.owner];
  }

  get state(): string {
    return `${this.places.state}/${APP}`;
  }

  /** The next release, never seen before. Its images are in the registry, with the tag moved. */
  next(behaviour: Behaviour = "healthy"): Promise<Release> {
    this.generation++;
    return makeRelease(
      {
        registry: this.registry,
        repository: `${this.host.name}-${this.owner}`,
        quadletDir:
          this.owner === "rootful" ? "/etc/containers/systemd" : "%h/.config/containers/systemd",
        ports: this.ports,
      },
      this.generation,
      behaviour,
    );
  }

  /** Begins a deploy. */
  start(release: Release, inputs: Inputs = {}): Job & Disposable {
    const workspace = new Workspace(checkout(release));
    const job = new Job(
      {
        app: APP,
        host: `${this.network.address.host}:${this.network.address.port}`,
        user: this.user,
        "ssh-key": this.bed.keys.ed25519.text,
        "host-fingerprint": Object.values(this.host.fingerprints).join("\n"),
        "health-url": `http://127.0.0.1:${this.ports.web}/health/`,
        "health-timeout": "60s",
        "health-interval": "100ms",
        "stable-for": "500ms",
        "keep-releases": "2",
        ...release.inputs,
        ...inputs,
      },
      workspace,
    );
    return Object.assign(job, { [Symbol.dispose]: () => workspace[Symbol.dispose]() });
  }

  /** Deploys to the end. */
  async deploy(release: Release, inputs: Inputs = {}): Promise<JobEnd> {
    using job = this.start(release, inputs);
    return await job.within(JOB);
  }

  /** The application's public address, as long as it is needed. */
  gate(): Promise<Gate> {
    return Gate.start({ host: BRIDGE.address, port: this.ports.web }, this.host.address);
  }

  async snapshot(): Promise<Snapshot> {
    return takeSnapshot(this, this.before);
  }

  /** systemctl of the manager that has the units. */
  async systemctl(command: string): Promise<string> {
    const manager = this.owner === "rootful" ? "" : "--user ";
    return (await this.host.exec(`systemctl ${manager}${command}`, { user: this.user })).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]();
  }

  private async prepare(): Promise<void> {
    const { quadlet } = this.places;
    this.before = new Set((await takeSnapshot(this, this.before)).entries.keys());
    await this.host.ok(
      `mkdir -p ${quadlet} && (umask 077; echo '${OPERATOR_KEY}' >${quadlet}/.env)`,
      { user: this.user },
    );
    const release = await this.next();
    const first = await this.deploy(release);
    if (first.code !== 0) throw new Error(`the first deploy failed\n${first.log}`);
    this.release = release;
  }
}
