import type { Bed, Host } from "../../../testbed/bed.js";
import { type Owner, Site } from "./site.js";

/** Hosts for cells that run side by side: most of a cell's time is waiting. */
export class Hosts implements AsyncDisposable {
  private readonly free: Post[] = [];
  private readonly waiting: ((post: Post) => void)[] = [];

  /** What the hosts are. */
  versions = "";

  private constructor(private readonly bed: Bed) {}

  static async boot(bed: Bed, count: number): Promise<Hosts> {
    const hosts = new Hosts(bed);
    // One after the other, for the boot of one keeps the machine busy.
    for (let number = 0; number < count; number++) hosts.free.push(await Post.boot(bed, number));
    hosts.versions = (await hosts.free[0]?.versions()) ?? "";
    return hosts;
  }

  /**
   * Does something on a host that nobody else has. One on which it failed is in an unknown state:
   * another takes its place.
   */
  async on<T>(owner: Owner, work: (site: Site) => Promise<T>): Promise<T> {
    let post =
      this.free.shift() ?? (await new Promise<Post>((resolve) => this.waiting.push(resolve)));
    try {
      return await work(await post.site(owner));
    } catch (error) {
      await post[Symbol.asyncDispose]();
      post = await Post.boot(this.bed, post.number);
      throw error;
    } finally {
      const next = this.waiting.shift();
      if (next) next(post);
      else this.free.push(post);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const post of this.free) await post[Symbol.asyncDispose]();
  }
}

/** A host with its sites, each made when it is first asked for. */
class Post implements AsyncDisposable {
  private readonly sites = new Map<Owner, Site>();

  private constructor(
    private readonly bed: Bed,
    private readonly host: Host,
    readonly number: number,
  ) {}

  static async boot(bed: Bed, number: number): Promise<Post> {
    const host = await bed.boot();
    // Rootless units wait for this target at their first start, and nothing else pulls it in.
    await host.ok(
      "systemctl --quiet add-wants multi-user.target network-online.target && systemctl start network-online.target",
    );
    return new Post(bed, host, number);
  }

  async versions(): Promise<string> {
    const said = await this.host.ok(
      '. /etc/os-release; echo "$NAME $VERSION_ID"; systemctl --version; podman --version',
    );
    const [system = "", systemd = ""] = said.split("\n");
    const podman = /podman version (\S+)/.exec(said)?.[1];
    return `${system}, ${systemd.split(" ").slice(0, 2).join(" ")}, Podman ${podman}`;
  }

  async site(owner: Owner): Promise<Site> {
    const site =
      this.sites.get(owner) ?? (await Site.make(this.bed, this.host, owner, this.number));
    this.sites.set(owner, site);
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const site of this.sites.values()) await site[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}
