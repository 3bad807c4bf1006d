import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import {
  access,
  type Inputs,
  places,
  type Run,
  runAction,
  templates,
  tinyUnit,
  Workspace,
} from "./support.js";

/**
 * Units of every kind, with the files beside them: deployed, changed one by one, and removed. What
 * serves is asked over HTTP, so that it is the new file, image or definition that counts.
 */

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.open();
  await bed.registry();
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const image = `${REGISTRY}/tiny:v1`;
const install = "[Install]\nWantedBy=default.target\n";
const tiny = (name: string, port: number, more = "", from = image) =>
  `${tinyUnit(name, port, from)}[Container]\n${more}`;
const serve = (more: string) => `[Container]\nImage=${image}\n${more}${install}`;

const files: Readonly<Record<string, string>> = {
  "net.network": "[Network]\n",
  "data.volume": "[Volume]\n",
  "base.image": `[Image]\nImage=${image}\n`,
  "web.container": tiny(
    "web",
    8201,
    "Volume=./conf:/www/conf:ro\nVolume=data.volume:/data\nNetwork=net.network\nEnvironmentFile=./web.env\n",
    "base.image",
  ),
  "conf/motd.j2": "edition {{ edition }}\n",
  "conf/deep/more": "deep\n",
  "web.env": "COLOUR=red\n",
  "made.build": "[Build]\nImageTag=localhost/made:1\nSetWorkingDirectory=./ctx\n",
  "ctx/Containerfile": `FROM ${image}\nCOPY page /www/page\n`,
  "ctx/page": "page 1\n",
  "made.container": tiny("made", 8202, "", "made.build"),
  "shop.pod": "[Pod]\nPublishPort=8203:8080\n",
  "inpod.container": serve("Pod=shop.pod\n"),
  "play.kube": `[Kube]\nYaml=./play.yaml\nPublishPort=8204:8080\n${install}`,
  "play.yaml": [
    "apiVersion: v1",
    "kind: Pod",
    "metadata: { name: play }",
    "spec:",
    "  containers:",
    `    - { name: tiny, image: "${image}", env: [{ name: EDITION, value: "1" }] }`,
    "",
  ].join("\n"),
  "worker@.container": serve("ContainerName=worker-%i\n"),
  "worker@one.container": serve("ContainerName=worker-%i\n"),
  "backup.container": `[Container]\nImage=${image}\nExec=/bin/true\n[Service]\nType=oneshot\n`,
  "backup.timer": "[Timer]\nOnCalendar=*-01-01 00:00:00\n[Install]\nWantedBy=timers.target\n",
  "backup.timer.d/late.conf": "[Timer]\nRandomizedDelaySec=1h\n",
  "proxy.socket": "[Socket]\nListenStream=8205\n[Install]\nWantedBy=sockets.target\n",
  "proxy.service": "[Service]\nExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:8201\n",
  "watch.path": "[Path]\nPathExists=/run/never\n[Install]\nWantedBy=paths.target\n",
  "watch.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
  "site.target": `[Unit]\nWants=web.service\n${install}`,
  "small.slice": "[Slice]\nMemoryMax=1G\n",
};

const up = [
  ...["backup.timer", "base-image.service", "data-volume.service", "inpod.service"],
  ...["made.service", "net-network.service", "play.service", "proxy.socket", "shop-pod.service"],
  ...["site.target", "watch.path", "web.service", "worker@one.service"],
];
const idle = ["backup.service", "proxy.service", "watch.service", "made-build.service"];

/** A host that has all of it; each step changes the workspace and deploys. */
class Site implements Disposable {
  readonly workspace = new Workspace();
  private readonly where: (typeof places)["rootful" | "rootless"];
  private edition = 1;

  constructor(
    readonly host: Host,
    readonly scope: "rootful" | "rootless",
    readonly more: Readonly<Record<string, string>> = {},
  ) {
    this.where = places[scope];
    for (const [name, text] of Object.entries({ ...files, ...more })) this.write(name, text);
  }

  write(name: string, text: string): void {
    this.workspace.write(`${templates}/${name}`, text);
  }

  /** The next rendering of what is a template. */
  nextEdition(): void {
    this.edition++;
  }

  deploy(more: Inputs = {}): Promise<Run> {
    const user = this.scope === "rootful" ? "root" : "senex";
    return runAction(
      {
        ...access(bed, this.host, user),
        app: "site",
        variables: `edition: ${this.edition}`,
        "health-url": "http://127.0.0.1:8201/health/",
        "health-interval": "100ms",
        "stable-for": "0s",
        ...more,
      },
      this.workspace,
    );
  }

  /** Deploys, and answers with what started or restarted. */
  async moves(more: Inputs = {}): Promise<string> {
    const run = await this.deploy(more);
    expect(run.code, run.log).toBe(0);
    return run.outputs.restarted ?? "";
  }

  async states(names: readonly string[]): Promise<readonly string[]> {
    const text = await this.host.ok(
      `${this.where.systemctl} show --value -p ActiveState ${names.join(" ")}`,
    );
    return text.split("\n").filter((line) => line !== "");
  }

  systemctl(words: string): Promise<string> {
    return this.host.ok(`${this.where.systemctl} ${words}`);
  }

  get(port: number, path = "health/"): Promise<string> {
    return this.host.ok(`curl --silent --show-error http://127.0.0.1:${port}/${path}`);
  }

  [Symbol.dispose](): void {
    this.workspace[Symbol.dispose]();
  }
}

describe.for(["rootful", "rootless"] as const)("%s:", (scope) => {
  let site: Site;

  beforeAll(async () => {
    const host = await bed.boot({ suite: scope === "rootful" ? "trixie" : "forky" });
    await host.ok("systemctl start network-online.target");
    site = new Site(host, scope);
  });

  afterAll(() => {
    site[Symbol.dispose]();
  });

  it("every kind is deployed, and runs or waits as it is to", async () => {
    const run = await site.deploy();
    expect(run.code, run.log).toBe(0);
    expect(await site.states(up)).toEqual(up.map(() => "active"));
    expect(await site.states(idle)).toEqual(idle.map(() => "inactive"));
    expect(await site.get(8201, "conf/motd")).toBe("edition 1\n");
    expect(await site.get(8201, "conf/deep/more")).toBe("deep\n");
    expect(await site.get(8202, "page")).toBe("page 1\n");
    await Promise.all([8203, 8204, 8205].map((port) => site.get(port)));
    expect(
      await site.systemctl("is-enabled backup.timer proxy.socket watch.path site.target"),
    ).toBe("enabled\nenabled\nenabled\nenabled\n");
    expect(await site.systemctl("show --value -p RandomizedDelayUSec backup.timer")).toBe("1h\n");
  });

  it("nothing is to do then", async () => {
    const run = await site.deploy();
    expect([run.code, run.outputs.changed], run.log).toEqual([0, "false"]);
  });

  const changes: [string, string, string, string, (() => Promise<void>)?][] = [
    [
      "a file of a mounted folder",
      "conf/deep/more",
      "deeper\n",
      "web.service",
      async () => expect(await site.get(8201, "conf/deep/more")).toBe("deeper\n"),
    ],
    ["an env file", "web.env", "COLOUR=blue\n", "web.service"],
    [
      "a build's context",
      "ctx/page",
      "page 2\n",
      "made-build.service made.service",
      async () => expect(await site.get(8202, "page")).toBe("page 2\n"),
    ],
    [
      "a pod",
      "shop.pod",
      "[Pod]\nPublishPort=8213:8080\n",
      "inpod.service shop-pod.service",
      async () => void (await site.get(8213)),
    ],
    [
      "Kubernetes YAML",
      "play.yaml",
      files["play.yaml"]?.replace('"1"', '"2"') ?? "",
      "play.service",
    ],
    [
      "a timer",
      "backup.timer",
      files["backup.timer"]?.replace("01-01", "02-02") ?? "",
      "backup.timer",
      async () =>
        expect(await site.systemctl("show -p TimersCalendar backup.timer")).toContain("*-02-02"),
    ],
    [
      "a socket, whose service runs",
      "proxy.socket",
      files["proxy.socket"]?.replace("8205", "8215") ?? "",
      "proxy.service proxy.socket",
      async () => void (await site.get(8215)),
    ],
    ["a job that a timer starts", "backup.container", `${files["backup.container"]}# later\n`, ""],
    [
      "an instance",
      "worker@one.container",
      `${files["worker@one.container"]}# 2\n`,
      "worker@one.service",
    ],
    ["a path", "watch.path", files["watch.path"]?.replace("never", "ever") ?? "", "watch.path"],
  ];
  // What is the same whoever owns the units is seen once.
  const alike = ["an env file", "a job that a timer starts", "an instance", "a path"];
  it.for(changes.filter(([what]) => scope === "rootful" || !alike.includes(what)))(
    "%s changes",
    async ([, name, text, moved, look]) => {
      site.write(name, text);
      expect(await site.moves()).toBe(moved);
      await look?.();
    },
  );

  it("a container keeps its mounted folder, however many releases have gone since", async () => {
    site.nextEdition();
    expect(await site.moves()).toContain("web.service");
    for (const count of [1, 2, 3]) {
      site.write("watch.path", `${files["watch.path"]}# ${count}\n`);
      expect(await site.moves({ "keep-releases": "1" })).toBe("watch.path");
    }
    expect(await site.get(8201, "conf/motd")).toBe("edition 2\n");
  });

  // Podman 5.7 and later have artifacts.
  if (scope === "rootless") {
    it("an artifact is pulled and mounted, and another in its place", async () => {
      const publish = (tag: string, text: string) => {
        const name = `${REGISTRY}/model:${tag}`;
        return site.host.ok(
          `cd /tmp && echo ${text} > model && for step in "add ${name} model" "push ${name}" "rm ${name}"; do podman artifact $step; done`,
        );
      };
      await publish("1", "one");
      await publish("2", "two");
      site.write("model.artifact", `[Artifact]\nArtifact=${REGISTRY}/model:1\n`);
      site.write(
        "made.container",
        `${files["made.container"]}Mount=type=artifact,source=model.artifact,destination=/www/model\n`,
      );
      expect(await site.moves()).toBe("made.service model-artifact.service");
      expect(await site.get(8202, "model")).toBe("one\n");
      expect(await site.states(["model-artifact.service"])).toEqual(["active"]);
      site.write("model.artifact", `[Artifact]\nArtifact=${REGISTRY}/model:2\n`);
      expect(await site.moves()).toBe("made.service model-artifact.service");
      expect(await site.get(8202, "model")).toBe("two\n");
      site.workspace.remove(`${templates}/model.artifact`);
      site.write("made.container", files["made.container"] ?? "");
      expect(await site.moves()).toBe("made.service");
      expect(await site.states(["model-artifact.service"])).toEqual(["inactive"]);
    });
  }

  it("a unit that systemd would refuse is refused before anything changes", async () => {
    site.write("backup.timer", "[Timer]\nPersistent=yes\n[Install]\nWantedBy=timers.target\n");
    const run = await site.deploy();
    expect(run.code, run.log).toBe(1);
    expect(run.log).toContain(
      "the host's own systemd does not accept the unit; nothing was changed",
    );
    expect(run.log).toContain("backup.timer");
    expect(await site.states(["backup.timer", "proxy.socket"])).toEqual(["active", "active"]);
    site.write("backup.timer", files["backup.timer"] ?? "");
    expect(await site.moves()).toBe("backup.timer");
  });

  it("a release that fails is put back, sockets and timers too", async () => {
    site.write("proxy.socket", files["proxy.socket"] ?? "");
    site.write("made.container", tiny("made", 8202, "", `${REGISTRY}/tiny:exits`));
    const run = await site.deploy();
    expect(run.code, run.log).toBe(1);
    expect(run.outputs["rolled-back"], run.log).toBe("true");
    await site.get(8215);
    expect(await site.states(up)).toEqual(up.map(() => "active"));
    site.write("made.container", files["made.container"] ?? "");
    expect(await site.moves()).toContain("proxy.socket");
    await site.get(8205);
  });

  it("after a reboot all of it runs again", async () => {
    await site.host.reboot();
    await site.host.ok("systemctl start network-online.target");
    // Podman fails one rootless start of several now and then, as docs/campaign.md says.
    const start = `start ${up.join(" ")}`;
    await site.systemctl(start).catch(() => site.systemctl(start));
    expect(await site.states(up)).toEqual(up.map(() => "active"));
    await site.get(8205);
    expect(await site.get(8201, "conf/motd")).toBe("edition 2\n");
  });

  it("what leaves the repository leaves the host", async () => {
    for (const name of Object.keys(files)) {
      if (name !== "web.container") site.workspace.remove(`${templates}/${name}`);
    }
    site.write("web.container", tiny("web", 8201));
    const run = await site.deploy();
    expect(run.code, run.log).toBe(0);
    const gone = [...up, ...idle].filter((name) => name !== "web.service");
    const shown = await site.systemctl(
      `show --value -p LoadState -p ActiveState ${gone.join(" ")}`,
    );
    // What Podman made is stopped, not removed: a network, a volume and an image are data.
    expect(new Set(shown.split("\n").filter((line) => line !== ""))).toEqual(
      new Set(["not-found", "inactive"]),
    );
    const left = await site.host.ok(
      `find ${places[scope].quadlet} ${places[scope].systemd} -lname '*quadlet-deploy*' -printf '%f\\n'`,
    );
    expect(left).toBe("web.container\n");
  });
});
