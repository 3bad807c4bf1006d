import type { Registry } from "../../../testbed/bed.js";
import { type Inputs, templates } from "../support.js";
import { type Behaviour, pushImage } from "./images.js";

/**
 * The application that the campaign deploys: everything that can change from one release to
 * the next, in containers that start in no time.
 *
 * | unit     | from one release to the next                                              |
 * | -------- | ------------------------------------------------------------------------- |
 * | `db`     | never changes, and so must never restart                                   |
 * | `web`    | another unit file, drop-in, `.env` and image tag                           |
 * | `worker` | the same unit, whose tag names another image                               |
 * | `mailer` | in every second release; the others have `search` in its place, so that    |
 * | `search` | each deploy removes a unit that runs, and adds one                         |
 * | `shop`   | the network that they share                                               |
 */
export const APP = "shop";

export const services = ["db", "web", "worker", "mailer", "search"] as const;
export type Service = (typeof services)[number];

/** The services that answer from outside. */
export type Ports = Readonly<Record<"web" | "worker" | "db", number>>;

/** A key that only the operator of the host knows of. */
export const OPERATOR_KEY = "OPERATOR_KEY=set by hand";

/** What a host must look like when it runs this release, and this release alone. */
export interface Release {
  /** `g7`: told by its pages, its units, its drop-in and its `.env`. */
  readonly version: string;
  /** How its `web` behaves; everything else is well in every release. */
  readonly behaviour: Behaviour;
  /** Units and drop-ins by their path in the workspace's folder of templates. */
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: Inputs;
  readonly running: readonly Service[];
  /** The image ID that each container runs. */
  readonly images: Readonly<Record<string, string>>;
}

/** Where and for whom releases are made. */
export interface Ground {
  readonly registry: Registry;
  /** Images of two hosts must not share a tag that moves. */
  readonly repository: string;
  /** Quadlet's directory as a unit names it. */
  readonly quadletDir: string;
  readonly ports: Ports;
}

/** Makes the release of a generation and pushes its images. */
export async function makeRelease(
  ground: Ground,
  generation: number,
  behaviour: Behaviour,
): Promise<Release> {
  const version = `g${generation}`;
  const { registry, repository } = ground;
  const [web, worker] = [`${repository}/web`, `${repository}/worker`];
  const images = {
    web: await pushImage(registry, web, version, `web ${version}`, behaviour),
    worker: await pushImage(registry, worker, "stable", `worker ${version}`, "healthy"),
  };
  const container = (name: Service, image: string, more: More = {}) =>
    unit(name, image, {
      ...more,
      port: name in ground.ports ? ground.ports[name as keyof Ports] : undefined,
    });
  const extra = generation % 2 === 0 ? "mailer" : "search";
  return {
    version,
    behaviour,
    images,
    running: ["db", "web", "worker", extra],
    files: {
      "shop.network": "[Network]\n",
      "db.container": container("db", `${registry.address}/tiny:v1`),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd's to expand.
      "web.container": container("web", "${GITEA_REGISTRY}/${IMAGE_NAME}:${IMAGE_TAG}", {
        unit: ["Requires=db.service", "After=db.service"],
        container: [`EnvironmentFile=${ground.quadletDir}/.env`, `Environment=UNIT=${version}`],
      }),
      "web.service.d/override.conf": `[Service]\nEnvironment=DROPIN=${version}\n`,
      "worker.container": container("worker", `${registry.address}/${worker}:stable`),
      // It goes with web and comes back with web, wherever the deploy ends.
      [`${extra}.container`]: container(extra, `${registry.address}/tiny:v1`, {
        unit: ["Requires=web.service", "After=web.service"],
      }),
    },
    env: {
      GITEA_REGISTRY: registry.address,
      IMAGE_NAME: web,
      IMAGE_TAG: version,
      GREETING: version,
    },
    inputs: {
      registry: registry.address,
      "image-name": web,
      "image-tag": version,
      env: `GREETING=${version}`,
    },
  };
}

interface More {
  readonly unit?: readonly string[];
  readonly container?: readonly string[];
  readonly port?: number | undefined;
}

function unit(name: Service, image: string, more: More): string {
  const port = more.port === undefined ? [] : [`PublishPort=${more.port}:8080`];
  return [
    ...["[Unit]", `Description=${name} of the campaign`, ...(more.unit ?? []), ""],
    ...["[Container]", `Image=${image}`, `ContainerName=${name}`, "Network=shop.network"],
    ...[...port, ...(more.container ?? []), ""],
    ...["[Service]", "Restart=always", ""],
    ...["[Install]", "WantedBy=multi-user.target default.target", ""],
  ].join("\n");
}

/** The release's files as a repository holds them. */
export function checkout(release: Release): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(release.files).map(([path, text]) => [`${templates}/${path}`, text]),
  );
}
