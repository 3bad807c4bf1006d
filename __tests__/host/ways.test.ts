import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import {
  access,
  type Inputs,
  places,
  runAction,
  stack,
  templates,
  tinyUnit,
  untilTicking,
  Workspace,
} from "./support.js";

/** The ways onto a host, each with the whole stack, on both Podmans that Debian has. */

interface Way {
  readonly name: string;
  readonly user: string;
  readonly inputs: Inputs;
  readonly place: keyof typeof places;
}

const ways: readonly Way[] = [
  {
    name: "rootful units as root",
    user: "root",
    // Not the home of senex, whose rootless containers have data of the same names.
    inputs: { "app-directory": "/srv/senex-trader" },
    place: "rootful",
  },
  { name: "rootless units as their owner", user: "senex", inputs: {}, place: "rootless" },
  {
    name: "rootless units of senex, managed from root",
    user: "root",
    inputs: { "service-user": "senex" },
    place: "rootless",
  },
  {
    name: "rootless units of senex, managed from a login with sudo",
    user: "deploy",
    inputs: { "service-user": "senex", sudo: "true" },
    place: "rootless",
  },
];

let bed: Bed;
let registry: string;

beforeAll(async () => {
  bed = await Bed.open();
  registry = (await bed.registry()).address;
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

describe.each(["trixie", "forky"] as const)("%s", (suite) => {
  let host: Host;

  beforeAll(async () => {
    host = await bed.boot({ suite });
    await host.ok("systemctl start network-online.target");
  });

  it.each(ways)("$name", async ({ user, inputs, place }) => {
    using workspace = new Workspace();
    const { quadlet, systemctl, state } = places[place];
    const deploy = { ...access(bed, host, user), ...inputs, ...stack("v1") };
    const run = await runAction({ ...deploy, "health-from": "both" }, workspace);
    expect(run.code, run.log).toBe(0);
    expect(run.outputs).toMatchObject({ healthy: "true", "health-status": "200" });

    // The application serves, and its worker and beat really work.
    expect(await untilTicking(host)).toMatchObject({ version: "v1" });

    // The release is where the design says, through links, with secrets for the owner alone.
    const files = await host.ok(`cd ${quadlet} && readlink .env web.container`);
    expect(files).toBe(
      "../quadlet-deploy/senex-trader/current/.env\n../quadlet-deploy/senex-trader/current/web.container\n",
    );
    const release = run.outputs.release ?? "";
    expect(await host.ok(`readlink ${state}/senex-trader/current`)).toBe(`releases/${release}\n`);
    const owner = place === "rootful" ? "root" : "senex";
    expect(await host.ok(`stat -L -c '%a %U' ${quadlet}/.env`)).toBe(`600 ${owner}\n`);

    // They start at boot, and the owner's manager has them.
    const wants = await host.ok(`${systemctl} show -p WantedBy web.service`);
    expect(wants).toMatch(place === "rootful" ? /multi-user\.target/ : /default\.target/);

    // The same again changes nothing.
    const again = await runAction(deploy, workspace);
    expect(again.code, again.log).toBe(0);
    expect(again.outputs).toMatchObject({ changed: "false", restarted: "", release });

    await host.ok(
      `${systemctl} stop web celery-worker celery-beat postgres redis senex-network-network`,
    );
  });
});

describe("lingering", () => {
  it("is switched on by a login that may do so", async () => {
    await using host = await bed.boot({ linger: false });
    using workspace = new Workspace();
    const run = await runAction(
      { ...access(bed, host, "root"), "service-user": "senex", ...stack("v1") },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
    expect(await host.ok("loginctl show-user senex -p Linger")).toBe("Linger=yes\n");
  });
});

describe("network-online.target", () => {
  it("that nothing pulls in is started by root, and named as the cause of a wait to others", async () => {
    await using host = await bed.boot();
    await host.ok("systemctl stop network-online.target");
    using workspace = new Workspace({
      [`${templates}/tiny.container`]: tinyUnit("tiny", 8080, `${registry}/tiny:v1`),
    });
    const running = runAction(access(bed, host, "senex"), workspace);
    const waits = "systemctl --user -M senex@ is-active podman-user-wait-network-online.service";
    await expect
      .poll(async () => (await host.exec(waits)).stdout.trim(), { timeout: 30_000, interval: 200 })
      .toBe("activating");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await host.ok("systemctl start network-online.target");
    const waited = await running;
    expect(waited.code, waited.log).toBe(0);
    expect(waited.log).toContain(
      "warning: rootless units wait for network-online.target, up to 90 s; end it on the host with: sudo systemctl start network-online.target",
    );

    await host.ok("systemctl stop network-online.target; systemctl --user -M senex@ stop tiny");
    const asRoot = { ...access(bed, host, "root"), "service-user": "senex" };
    const started = await runAction(asRoot, workspace);
    expect(started.code, started.log).toBe(0);
    expect(await host.ok("systemctl is-active network-online.target")).toBe("active\n");
  });
});
