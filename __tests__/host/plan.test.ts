import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host, type Registry } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import { MANIFEST } from "../../testbed/registry.js";
import { GitHubServer } from "../support/github-server.js";
import {
  access,
  type Inputs,
  runAction,
  spawn,
  templates,
  tinyUnit,
  Workspace,
} from "./support.js";

/**
 * A plan says what a deploy will do. Each case changes one thing, plans, sees that the plan left
 * the host alone, deploys, and compares: what moved is what the plan said, and nothing else.
 */

let bed: Bed;
let registry: Registry;
let host: Host;
const workspace = new Workspace();

beforeAll(async () => {
  bed = await Bed.open();
  [registry, host] = await Promise.all([bed.registry(), bed.boot()]);
  await host.ok("printf one | podman secret create shop-secret -");
  await registry.retag("tiny", "v1", "moving");
});

afterAll(async () => {
  workspace[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

const INDEX = "application/vnd.oci.image.index.v1+json";
const services = ["shop-db", "shop-web", "shop-worker", "shop-net-network", "shop-extra"].map(
  (name) => `${name}.service`,
);
const unit = (name: string, port: number, tag = "v1") =>
  tinyUnit(`shop-${name}`, port, `${REGISTRY}/tiny:${tag}`);
const write = (name: string, text: string) => workspace.write(`${templates}/${name}`, text);
const db = () => `${unit("db", 8101)}\n[Container]\nSecret=shop-secret,type=env,target=PASSWORD\n`;

function writeAll(): void {
  write("shop-db.container", db());
  write(
    "shop-web.container",
    `${unit("web", 8102, "moving")}\n[Container]\nNetwork=shop-net.network\nEnvironmentFile=.env\n`,
  );
  write(
    "shop-worker.container",
    `[Unit]\nRequires=shop-db.service\n${unit("worker", 8103)}\n[Container]\nVolume=./conf:/etc/worker:ro\nEnvironmentFile=./worker.env\n`,
  );
  write("conf/deep/level", "1\n");
  write("worker.env", "LEVEL=1\n");
  write("shop-net.network", "[Network]\nLabel=edition=1\n");
}

interface Planned {
  readonly code: number;
  readonly json: {
    readonly changes: boolean;
    readonly findings: readonly unknown[];
    readonly hosts: readonly {
      readonly errors: readonly { readonly message: string }[];
      readonly plan: {
        readonly files: readonly Record<string, unknown>[];
        readonly services: readonly { name: string; action: string; why: readonly string[] }[];
        readonly images: readonly Record<string, unknown>[];
        readonly warnings: readonly string[];
      };
    }[];
  };
  readonly log: string;
}

const common = (): Inputs => ({
  app: "shop",
  "health-url": "http://127.0.0.1:8102/health/",
  "health-interval": "100ms",
  "stable-for": "0s",
});

async function plan(more: Inputs = {}): Promise<Planned> {
  const { "known-hosts": known = "", ...rest } = {
    ...access(bed, host, "root"),
    ...common(),
    ...more,
  };
  const { "ssh-key": _, ...given } = rest;
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  workspace.write("known_hosts", known);
  const run = await spawn(
    ["dist/cli.cjs", "plan", "--json", ...args, "--known-hosts", "known_hosts"],
    { PATH: process.env.PATH ?? "", QUADLET_DEPLOY_SSH_KEY: bed.keys.ed25519.text },
    workspace.path,
  );
  const line = run.log.split("\n").find((one) => one.startsWith("{")) ?? "{}";
  return { code: run.code, json: JSON.parse(line), log: run.log };
}

/** Which start of each service runs; "" where none does. */
async function starts(): Promise<Map<string, string>> {
  const shown = await host.ok(
    `for unit in ${services.join(" ")}; do systemctl show -p ActiveState -p InvocationID --value $unit | tr '\\n' ' '; echo; done`,
  );
  return new Map(
    shown.split("\n").flatMap((line, index) => {
      const [state = "", id = ""] = /^active /.test(line)
        ? ["active", line.trim().split(" ").at(-1) ?? ""]
        : ["", ""];
      const name = services[index];
      return name === undefined ? [] : [[name, state && id] as const];
    }),
  );
}

const tree = () =>
  host.ok(
    "find /etc/containers /etc/systemd/system /run -maxdepth 6 \\( -path '/etc/containers/*' -o -path '/etc/systemd/system/*' -o -name '*quadlet-deploy*' \\) ! -path '*/transactions/*' -printf '%p %l\\n' | sort; podman images --all --no-trunc --format '{{.ID}} {{.Names}}' | sort; podman ps --no-trunc --format '{{.ID}}'",
  );

/** Plans, deploys, and compares. Answers with what moved, and why, as the plan said. */
async function planAndDeploy(more: Inputs = {}): Promise<readonly string[]> {
  const [before, was] = [await tree(), await starts()];
  const planned = await plan(more);
  const [only] = planned.json.hosts ?? [];
  expect(only?.errors, planned.log).toEqual([]);
  expect(await tree(), "the plan changed the host").toBe(before);
  expect([...(await starts())]).toEqual([...was]);
  const moves = only?.plan.services.filter(({ action }) => action !== "keep") ?? [];
  const changes = planned.json.changes;
  expect(planned.code, planned.log).toBe(changes ? 2 : 0);

  const run = await runAction({ ...access(bed, host, "root"), ...common(), ...more }, workspace);
  expect(run.code, run.log).toBe(0);
  expect(run.outputs.changed, run.log).toBe(String(changes));
  const now = await starts();
  const moved = services.filter((name) => now.get(name) !== was.get(name));
  expect(moved.toSorted(), run.log).toEqual(moves.map(({ name }) => name).toSorted());
  for (const { name, action } of moves) {
    expect(now.get(name) === "", `${name}: ${action}`).toBe(action === "stop");
    expect(was.get(name) === "", `${name}: ${action}`).toBe(action === "start");
  }
  return moves.map(({ name, action, why }) => `${action} ${name}: ${why.join("; ")}`);
}

describe("a deploy does what its plan said:", () => {
  it("the first", async () => {
    writeAll();
    expect(await planAndDeploy()).toEqual([
      "start shop-db.service: shop-db.container is new",
      "start shop-net-network.service: shop-net.network is new",
      "start shop-web.service: shop-web.container is new",
      "start shop-worker.service: shop-worker.container is new",
    ]);
  });

  it.for<[string, () => unknown, Inputs, readonly string[]]>([
    ["nothing", () => {}, {}, []],
    [
      "a unit, and what requires it",
      () => write("shop-db.container", `${db()}Label=edition=2\n`),
      {},
      [
        "restart shop-db.service: shop-db.container was changed",
        "restart shop-worker.service: shop-db.service restarts, which it requires",
      ],
    ],
    [
      "a drop-in of a service",
      () => write("shop-web.service.d/10.conf", "[Service]\nTimeoutStartSec=77\n"),
      {},
      ["restart shop-web.service: shop-web.service.d/10.conf is new"],
    ],
    [
      "a drop-in of a unit",
      () => write("shop-worker.container.d/10.conf", "[Container]\nLabel=edition=2\n"),
      {},
      ["restart shop-worker.service: shop-worker.container.d/10.conf is new"],
    ],
    [
      "a drop-in that goes",
      () => workspace.remove(`${templates}/shop-worker.container.d/10.conf`),
      {},
      ["restart shop-worker.service: shop-worker.container.d/10.conf was removed"],
    ],
    [
      "an environment file",
      () => {},
      { env: "GREETING=hello-there" },
      ["restart shop-web.service: .env: GREETING"],
    ],
    [
      "a file of a folder that it mounts",
      () => write("conf/deep/level", "2\n"),
      {},
      ["restart shop-worker.service: conf/deep/level was changed"],
    ],
    [
      "an environment file of its own",
      () => write("worker.env", "LEVEL=2\n"),
      {},
      ["restart shop-worker.service: worker.env was changed"],
    ],
    [
      "a new image under the same tag",
      () => registry.retag("tiny", "v2", "moving"),
      {},
      ["restart shop-web.service: its tag names a new image"],
    ],
    [
      "a secret",
      () => host.ok("sleep 1.1; printf two | podman secret create --replace shop-secret -"),
      {},
      [
        "restart shop-db.service: the secret shop-secret was changed since it started",
        "restart shop-worker.service: shop-db.service restarts, which it requires",
      ],
    ],
    [
      "a service that does not run",
      () => host.ok("systemctl stop shop-web.service"),
      {},
      ["start shop-web.service: it is not running"],
    ],
    [
      "a network's definition, left as it is",
      () => write("shop-net.network", "[Network]\nLabel=edition=2\n"),
      {},
      [],
    ],
    [
      "a network's definition, made anew",
      () => write("shop-net.network", "[Network]\nLabel=edition=3\n"),
      { "recreate-networks": "true" },
      [
        "restart shop-net-network.service: shop-net.network was changed; it is made anew",
        "restart shop-web.service: shop-net-network.service restarts, which it requires",
      ],
    ],
    [
      "restart: none",
      () => write("shop-db.container", `${db()}Label=edition=3\n`),
      { restart: "none" },
      [],
    ],
    [
      "what did not restart then",
      () => {},
      {},
      [
        "restart shop-db.service: it did not restart then: shop-db.container was changed",
        "restart shop-worker.service: shop-db.service restarts, which it requires",
      ],
    ],
    [
      "restart: all",
      () => {},
      { restart: "all" },
      ["shop-db", "shop-web", "shop-worker"].map(
        (name) => `restart ${name}.service: all are to restart`,
      ),
    ],
    [
      "a unit more",
      () => write("shop-extra.container", unit("extra", 8104)),
      {},
      ["start shop-extra.service: shop-extra.container is new"],
    ],
    [
      "a unit that left",
      () => workspace.remove(`${templates}/shop-extra.container`),
      {},
      ["stop shop-extra.service: shop-extra.container is no longer part of the release"],
    ],
  ])("%s", async ([, change, inputs, expected]) => {
    // Values that are not named any more are kept.
    await change();
    expect(await planAndDeploy(inputs)).toEqual(expected);
  });

  it("a network that was made anew is the new one", async () => {
    const labels = "podman network inspect --format '{{.Labels.edition}}' systemd-shop-net";
    expect(await host.ok(labels)).toBe("3\n");
  });
});

describe("a plan", () => {
  it("shows each file's difference, what was edited by hand, and the layer", async () => {
    await host.ok(
      "sed -i --follow-symlinks 's/edition=3/edition=by-hand/' /etc/containers/systemd/shop-db.container",
    );
    const { code, json, log } = await plan();
    expect(code, log).toBe(2);
    const file = json.hosts[0]?.plan.files.find(({ path }) => path === "shop-db.container");
    expect(file).toMatchObject({
      change: "changed",
      drifted: true,
      layer: "templates",
      source: `${templates}/shop-db.container`,
      diff: expect.stringContaining("-Label=edition=by-hand\n+Label=edition=3"),
    });
    await runAction({ ...access(bed, host, "root"), ...common() }, workspace);
  });

  it("shows the images, of now and to come", async () => {
    await registry.retag("tiny", "v1", "moving");
    const { json } = await plan();
    const image = json.hosts[0]?.plan.images.find(({ service }) => service === "shop-web.service");
    const v1 = await host.ok(`podman image inspect --format '{{.Id}}' ${REGISTRY}/tiny:v1`);
    expect(image).toMatchObject({
      image: `${REGISTRY}/tiny:moving`,
      runs: expect.stringMatching(/^[0-9a-f]{64}$/),
      there: { kind: "id", value: v1.trim() },
      moves: true,
    });
  });

  it("knows of a list of images the one for this host", async () => {
    const entry = async (tag: string, architecture: string) => ({
      mediaType: MANIFEST,
      digest: await registry.digest("tiny", tag),
      size: 1000,
      platform: { architecture, os: "linux" },
    });
    const machine = process.arch === "x64" ? "amd64" : process.arch;
    await registry.putManifest(
      "tiny",
      "moving",
      {
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [await entry("v2", "s390x"), await entry("v1", machine)],
      },
      INDEX,
    );
    const { json } = await plan();
    const image = json.hosts[0]?.plan.images.find(({ service }) => service === "shop-web.service");
    const digest = (await registry.digest("tiny", "v1")).replace("sha256:", "");
    expect(image).toMatchObject({ there: { kind: "digest", value: digest }, moves: true });
    expect(await planAndDeploy()).toEqual(["restart shop-web.service: its tag names a new image"]);
    await registry.retag("tiny", "v2", "moving");
  });

  it("says what systemd says of the units, at their lines", async () => {
    write("shop-web.service.d/20.conf", "[Service]\n# a comment\nNope=1\n");
    const { json, log } = await plan();
    workspace.remove(`${templates}/shop-web.service.d/20.conf`);
    expect(json.findings, log).toEqual([
      expect.objectContaining({
        rule: "systemd-verify",
        source: `${templates}/shop-web.service.d/20.conf`,
        line: 3,
        message: "systemd says: Unknown key 'Nope' in section [Service], ignoring",
      }),
    ]);
  });

  it("warns of an image that the registry does not have", async () => {
    write("shop-extra.container", unit("extra", 8104, "no-such-tag"));
    const { code, json } = await plan();
    workspace.remove(`${templates}/shop-extra.container`);
    expect(code).toBe(2);
    expect(json.hosts[0]?.plan.warnings).toEqual([
      expect.stringMatching(/no-such-tag: the registry does not say what it is \(.*unknown/),
    ]);
  });

  it("fails with what the host's own Podman says, and changes nothing", async () => {
    const before = await tree();
    write("shop-bad.container", `${unit("bad", 8105)}\n[Container]\nNetwork=nope.network\n`);
    const { code, json, log } = await plan();
    workspace.remove(`${templates}/shop-bad.container`);
    expect(code, log).toBe(1);
    expect(json.hosts[0]?.errors[0]?.message).toContain(
      "validate: shop-bad.service: the host's own Podman does not accept the unit (requested Quadlet unit nope.network was not found)",
    );
    expect(await tree()).toBe(before);
  });

  it("says on a network in use by others why it cannot be made anew", async () => {
    await host.ok(
      `podman run --detach --name stranger --network systemd-shop-net ${REGISTRY}/tiny:v1`,
    );
    write("shop-net.network", "[Network]\nLabel=edition=4\n");
    const { code, json } = await plan({ "recreate-networks": "true" });
    await host.ok("podman rm --force --time 0 stranger");
    write("shop-net.network", "[Network]\nLabel=edition=3\n");
    expect(code).toBe(1);
    expect(json.hosts[0]?.errors[0]?.message).toContain("containers of others use it (stranger)");
  });

  it("as the action: green, with the plan in outputs, log and summary", async () => {
    const run = await runAction(
      { ...access(bed, host, "root"), ...common(), command: "plan" },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
    expect(run.outputs.changed).toBe("true");
    expect(JSON.parse(run.outputs.plan ?? "")).toMatchObject({ command: "plan", changes: true });
    expect(run.log).toContain("restart shop-web.service: its tag names a new image");
    expect(run.summary).toContain("🟡 restart");
  });

  it("stands under the pull request, and a deploy is one of GitHub's", async () => {
    await using github = await GitHubServer.start();
    const pull = { full_name: "senex/shop" };
    workspace.write(
      "event.json",
      JSON.stringify({ pull_request: { number: 7, head: { repo: pull }, base: { repo: pull } } }),
    );
    const around = {
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: "senex/shop",
      GITHUB_SHA: "0123abc",
      GITHUB_EVENT_PATH: `${workspace.path}/event.json`,
    };
    const inputs = {
      ...access(bed, host, "root"),
      ...common(),
      environment: "staging",
      "github-token": "a-token",
    };
    const planned = await runAction({ ...inputs, command: "plan" }, workspace, around);
    expect(planned.code, planned.log).toBe(0);
    const [comment, ...more] = github.comments;
    expect(more).toEqual([]);
    expect(comment?.body).toBe(`<!-- quadlet-deploy: shop/staging -->\n${planned.summary}`);

    const deployed = await runAction(inputs, workspace, around);
    expect(deployed.code, deployed.log).toBe(0);
    expect([...github.statuses.values()].flat().map(({ state }) => state)).toEqual([
      "success",
      "in_progress",
    ]);
    expect(github.deployments[0]).toMatchObject({ environment: "staging", ref: "0123abc" });
    expect(deployed.log).not.toContain("::warning title=quadlet-deploy::");
    await registry.retag("tiny", "v1", "moving");
  });

  it("offline, against an empty host", async () => {
    const run = await spawn(["dist/cli.cjs", "plan", "--offline"], {}, workspace.path);
    expect(run.code, run.log).toBe(2);
    expect(run.log).toContain("start shop-web.service: shop-web.container is new");
    expect(run.log).toContain("+++ b/shop-web.container");
  });
});

describe("a deploy that fails after a network was made anew", () => {
  it("puts the network of before back as well", async () => {
    write("shop-net.network", "[Network]\nLabel=edition=5\n");
    write(
      "shop-web.container",
      `${unit("web", 8102, "moving")}\n[Container]\nNetwork=shop-net.network\nEnvironmentFile=.env\nExec=/usr/bin/fail\n`,
    );
    const run = await runAction(
      {
        ...access(bed, host, "root"),
        ...common(),
        "recreate-networks": "true",
        "health-timeout": "2s",
      },
      workspace,
    );
    expect(run.code, run.log).toBe(1);
    expect(run.outputs["rolled-back"], run.log).toBe("true");
    const labels = "podman network inspect --format '{{.Labels.edition}}' systemd-shop-net";
    expect(await host.ok(labels)).toBe("3\n");
    expect(
      await host.ok("curl -s http://127.0.0.1:8102/health/ -o /dev/null -w '%{http_code}'"),
    ).toBe("200");
  });
});
