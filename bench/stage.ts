import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bed, Host } from "../testbed/bed.js";
import { must } from "../testbed/process.js";

export type Tag = "v1" | "v2";

/** What a deploy leaves on the host: releases and links to them, or plain files. */
export type Kind = "releases" | "files";

/** The options of the stack, by their names as inputs of the action. */
export type Inputs = Readonly<Record<string, string>>;

/** All of the stack's services, in the order in which the guide restarts them. */
export const EVERY_SERVICE = ["postgres", "redis", "web", "celery-worker", "celery-beat"];
/** Those that run the image whose tag changes. */
export const CHANGED_SERVICES = ["web", "celery-worker", "celery-beat"];

/** After a deploy the worker is still busy starting: the next one shall not pay for that. */
const REST = 3000;

/**
 * One host with the stack on it, which every contender finds just as its own last deploy
 * left it: files of the tag that runs, images of both tags there already.
 */
export class Stage {
  private constructor(
    readonly host: Host,
    readonly registry: string,
    /** The entry points, and the templates beside them; a build meanwhile is none of ours. */
    readonly dist: string,
    /** The stack's files, for each tag. */
    readonly files: Readonly<Record<Tag, string>>,
  ) {}

  /** @param deploy how the action deploys a tag on the host */
  static async set(
    bed: Bed,
    project: string,
    deploy: (stage: Stage, tag: Tag) => Promise<unknown>,
  ): Promise<Stage> {
    const product = join(bed.folder, "product");
    await mkdir(product);
    await must("cp", ["-r", join(project, "dist"), join(project, "templates"), product]);
    const [registry, host] = await Promise.all([
      bed.registry(),
      bed.boot({ suite: "trixie-python" }),
    ]);
    const stage = new Stage(host, registry.address, join(product, "dist"), {
      v1: join(bed.folder, "files-v1"),
      v2: join(bed.folder, "files-v2"),
    });
    const images = [stage.image("v1"), stage.image("v2"), ...Object.values(stage.otherImages())];
    for (const image of images) await host.ok(`podman pull --quiet ${image}`, { timeout: 300_000 });
    await host.ok(`mkdir ${KEPT}`);
    for (const tag of ["v1", "v2"] as const) {
      await stage.render(tag);
      await must("tar", [
        "-C",
        stage.files[tag],
        "-cf",
        join(host.root, kept("files", tag)),
        "etc",
      ]);
      await deploy(stage, tag);
      await host.ok(`cd / && tar -cf ${kept("releases", tag)} etc/containers ${DROP_INS}`);
    }
    return stage;
  }

  image(tag: Tag): string {
    return `${this.registry}/senex/senex-trader:${tag}`;
  }

  otherImages(): Record<string, string> {
    return {
      postgres_image: `${this.registry}/postgres:15-alpine`,
      redis_image: `${this.registry}/redis:7-alpine`,
    };
  }

  inputs(tag: Tag): Inputs {
    return {
      stack: "senex",
      registry: this.registry,
      "image-name": "senex/senex-trader",
      "image-tag": tag,
      variables: JSON.stringify(this.otherImages()),
      env: [
        "POSTGRES_PASSWORD=bench",
        "DATABASE_URL=postgres://senex:bench@postgres:5432/senex",
        "SECRET_KEY=bench",
      ].join("\n"),
    };
  }

  /** Makes the host one on which a deploy of this kind has put `tag`, which runs there. */
  async prepare(kind: Kind, tag: Tag): Promise<void> {
    await this.host.ok(
      `cd / && rm -rf etc/containers/systemd etc/containers/quadlet-deploy ${DROP_INS}
       tar -xf ${kept(kind, tag)} --no-overwrite-dir && systemctl daemon-reload`,
    );
    await sleep(REST);
    await this.check(tag);
  }

  /** When each service was last started, to see whether a deploy has restarted it. */
  async invocations(): Promise<ReadonlyMap<string, string>> {
    const shown = await this.host.ok(
      `systemctl show --value -p InvocationID ${EVERY_SERVICE.join(" ")}`,
    );
    const ids = shown.split("\n").filter(Boolean);
    return new Map(EVERY_SERVICE.map((service, index) => [service, ids[index] ?? ""]));
  }

  /** @throws when the host does not have exactly the files of `tag`, or does not serve it */
  async check(tag: Tag): Promise<void> {
    const version = await this.version();
    if (version !== tag) throw new Error(`the host serves ${version}, not ${tag}`);
    const sums = await sumsOf(this.files[tag]);
    await this.host.ok("cd / && sha256sum --quiet -c -", { input: sums });
  }

  /** The version that answers. */
  async version(): Promise<string> {
    const response = await fetch(`http://${this.host.address}:8000/`);
    return ((await response.json()) as { version: string }).version;
  }

  private async render(tag: Tag): Promise<void> {
    const options = { scope: "rootful", app: "senex-trader", ...this.inputs(tag) };
    await must(process.execPath, [
      join(this.dist, "cli.cjs"),
      ...["render", "--out", this.files[tag]],
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ]);
  }
}

/** A folder on the host. */
const KEPT = "/root/bench";
const DROP_INS = "etc/systemd/system/*.service.d";

function kept(kind: Kind, tag: Tag): string {
  return `${KEPT}/${kind}-${tag}.tar`;
}

/** As sha256sum prints them, with paths below the folder. */
async function sumsOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const sum = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
      return `${sum}  ${relative(folder, path)}\n`;
    });
  return (await Promise.all(lines)).join("");
}
