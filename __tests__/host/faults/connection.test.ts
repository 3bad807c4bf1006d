import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host, TcpProxy } from "../../../testbed/bed.js";
import { type Inputs, tinyUnit } from "../support.js";
import { App, expectReverted, expectUntouched, told } from "./support.js";

/** The network between the runner and the host, spoiled; and a host that has few connections to give. */

const port = 8501;

let bed: Bed;
let host: Host;
let image: string;
let app: App;
let proxy: TcpProxy;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
  proxy = await TcpProxy.open({ host: host.address, port: 22 });
  app = new App(bed, host, "far");
  version("v1");
  await app.deployed();
});

afterAll(async () => {
  app[Symbol.dispose]();
  await proxy[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

function version(tag: string): void {
  app.write("far.container", tinyUnit("far", port, `${image}:${tag}`));
}

async function serves(): Promise<string> {
  return (await host.ok(`curl -s http://127.0.0.1:${port}/`)).trim();
}

/** The other version: every deploy has something to change. */
async function other(): Promise<string> {
  const tag = (await serves()) === "v1" ? "v2" : "v1";
  version(tag);
  return tag;
}

/** Access through the stretch of network that is spoiled. */
function far(): Inputs {
  const keys = host.knownHosts.split("\n").filter((line) => line.includes(" ssh-ed25519 "));
  return {
    host: `${proxy.address.host}:${proxy.address.port}`,
    "known-hosts": keys
      .map((line) => line.replace(/^\S+/, `[${proxy.address.host}]:${proxy.address.port}`))
      .join("\n"),
  };
}

describe("a connection that is cut", () => {
  it("while logging in is tried again", async () => {
    const tag = await other();
    proxy.cutAfter(500);
    const run = await app.deploy(far());
    expect(run.code, told(run)).toBe(0);
    expect(await serves()).toBe(tag);
  });

  it("while uploading is made again, for nothing has changed yet", async () => {
    const tag = await other();
    app.write("far.container.d/long.conf", `# ${"x".repeat(400_000)}\n`);
    proxy.slow({ up: 100, down: 100 });
    const action = app.begin(far());
    await action.says("uploading");
    proxy.cut();
    const run = await action.ended;
    proxy.slow({ up: 0, down: 0 });
    app.remove("far.container.d/long.conf");
    expect(run.code, told(run)).toBe(0);
    expect(await serves()).toBe(tag);
  });

  it.each(["flip", "health"])(
    "at the step %s is made again, and the deploy ends as it does",
    async (step) => {
      const tag = await other();
      const run = await app.deployWith(step, async () => proxy.cut(), far());
      expect(run.code, told(run)).toBe(0);
      expect(run.log).toMatch(/connection (was )?lost/);
      expect(await serves()).toBe(tag);
    },
  );

  it("during a deploy that fails is made again, and the revert is followed", async () => {
    version("exits");
    const run = await expectReverted(app, () =>
      app.deployWith("revert", async () => proxy.cut(), far()),
    );
    expect(run.log).toContain("tiny: simulated failure");
  });
});

describe("a peer that says nothing", () => {
  it("before the login: red when `connect-timeout` is over, and nothing changed", async () => {
    await other();
    proxy.stall();
    try {
      await expectUntouched(app, () => app.deploy({ ...far(), "connect-timeout": "1s" }), [
        /connect: it does not answer on port \d+ within 1 s/,
      ]);
    } finally {
      proxy.resume();
    }
  });

  it("in the middle of the swap is noticed, and the connection is made again", async () => {
    const tag = await other();
    const run = await app.deployWith(
      "link",
      async (action) => {
        proxy.stall();
        await app.letGo("link");
        await action.says(/connection (was )?lost/);
        proxy.cut();
        proxy.resume();
      },
      far(),
    );
    expect(run.code, told(run)).toBe(0);
    expect(await serves()).toBe(tag);
  });
});

describe("a host with few connections to give", () => {
  const sshd = (lines: string) =>
    host.ok(
      "cat > /etc/ssh/sshd_config.d/few.conf && sshd -t && systemctl reload ssh && sleep 0.2",
      { input: lines },
    );

  afterAll(() => sshd(""));

  it("one session in a connection is enough", async () => {
    await sshd("MaxSessions 1\n");
    const tag = await other();
    await app.deployed();
    expect(await serves()).toBe(tag);
  });

  it("one login at a time: another who is just logging in is waited for", async () => {
    await sshd("MaxStartups 1\n");
    const tag = await other();
    const guest = await knocking();
    setTimeout(() => guest.destroy(), 1500);
    await app.deployed();
    expect(await serves()).toBe(tag);
  });

  /** Somebody who has connected and does not log in. */
  async function knocking(): Promise<Socket> {
    const socket = connect({ host: host.address, port: 22 });
    await new Promise((resolve) => socket.once("data", resolve));
    return socket;
  }
});

describe("one of several hosts that fails", () => {
  it("is put back, the one before it keeps the new release, and those after it are not tried", async () => {
    await using second = await bed.boot();
    const both = {
      host: `${host.address}\n${second.address}\n${host.address6}`,
      "known-hosts": `${host.knownHosts}${second.knownHosts}`,
    };
    using there = new App(bed, second, "far");
    await other();
    await app.deployed({ ...both, host: `${host.address}\n${second.address}` });
    const tag = await other();
    // The second host alone has something on the port that the new version asks for.
    app.write(
      "far.container",
      `${tinyUnit("far", port, `${image}:${tag}`)}[Container]\nPublishPort=8502:8080\n`,
    );
    await second.ok(`podman run --detach --rm --publish 8502:8080 ${image}:${tag}`);
    const held = await there.snapshot();
    const run = await app.deploy({ ...both, "health-url": `http://127.0.0.1:${port}/health/` });
    expect(run.code, told(run)).toBe(1);
    expect(await serves()).toBe(tag);
    expect(await there.snapshot()).toBe(held);
    expect(run.summary).toMatch(new RegExp(`### ✅ ${literalHost(host.address)}`));
    expect(run.summary).toMatch(new RegExp(`### ❌ ${literalHost(second.address)}`));
    expect(run.summary).toContain(`Not tried, since a host before them failed: ${host.address6}`);
  });
});

function literalHost(address: string): string {
  return address.replaceAll(".", "\\.");
}
