import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TcpProxy } from "../../../testbed/bed.js";
import type { Inputs } from "../support.js";
import { expectReverted, expectUntouched, Ground, literal, type Pool, told } from "./support.js";

/** The network between the runner and the host, spoiled; and a host that has few connections to give. */

let ground: Ground;
let pool: Pool;

beforeAll(async () => {
  ground = await Ground.open();
  pool = await ground.ready(4, "far");
});

afterAll(() => ground[Symbol.asyncDispose]());

/** A stretch of network of a test's own. */
function network(): Promise<TcpProxy> {
  return TcpProxy.open({ host: ground.host.address, port: 22 });
}

/** Access through it. */
function over({ address: { host, port } }: TcpProxy): Inputs {
  const key = /\S+ ssh-ed25519 (\S+)/.exec(ground.host.knownHosts)?.[1];
  return { host: `${host}:${port}`, "known-hosts": `[${host}]:${port} ssh-ed25519 ${key}` };
}

describe.concurrent("a peer that says nothing", () => {
  it("in the middle of the swap is noticed, and the connection is made again", () =>
    pool.use(async (app) => {
      await using proxy = await network();
      const tag = await app.other();
      const run = await app.deployWith(
        "link",
        async (action) => {
          proxy.stall();
          await app.letGo("link");
          await action.says("the connection was lost; connecting again");
          proxy.cut();
          proxy.resume();
        },
        over(proxy),
      );
      expect(run.code, told(run)).toBe(0);
      expect(await app.serves()).toBe(tag);
    }));

  it("before the login: red when `connect-timeout` is over, and nothing changed", () =>
    pool.use(async (app) => {
      await using proxy = await network();
      await app.other();
      proxy.stall();
      await expectUntouched(app, () => app.deploy({ ...over(proxy), "connect-timeout": "1s" }), [
        /connect: it does not answer on port \d+ within 1 s/,
      ]);
    }));
});

describe.concurrent("a connection that is cut", () => {
  it("while logging in is tried again", () =>
    pool.use(async (app) => {
      await using proxy = await network();
      const tag = await app.other();
      proxy.cutAfter(500);
      await app.deployed(over(proxy));
      expect(await app.serves()).toBe(tag);
    }));

  it("while uploading is made again, for nothing has changed yet", () =>
    pool.use(async (app) => {
      await using proxy = await network();
      const tag = await app.other();
      app.write(`${app.name}.container.d/long.conf`, `# ${"x".repeat(400_000)}\n`);
      proxy.slow({ up: 100, down: 100 });
      const action = app.begin(over(proxy));
      await action.says("uploading");
      proxy.cut();
      proxy.slow({ up: 0, down: 0 });
      const run = await action.ended;
      app.remove(`${app.name}.container.d/long.conf`);
      expect(run.code, told(run)).toBe(0);
      expect(await app.serves()).toBe(tag);
    }));

  it.each(["flip", "health"])(
    "at the step %s is made again, and the deploy ends as it does",
    (step) =>
      pool.use(async (app) => {
        await using proxy = await network();
        const tag = await app.other();
        const run = await app.deployWith(step, async () => proxy.cut(), over(proxy));
        expect(run.code, told(run)).toBe(0);
        expect(run.log).toContain("the connection was lost; connecting again");
        expect(await app.serves()).toBe(tag);
      }),
  );

  it("during a deploy that fails is made again, and the revert is followed", () =>
    pool.use(async (app) => {
      await using proxy = await network();
      app.version("exits");
      await expectReverted(
        app,
        () =>
          app.deployWith("revert", async () => proxy.cut(), {
            ...over(proxy),
            "health-timeout": "2s",
          }),
        ["tiny: simulated failure"],
      );
    }));
});

describe.concurrent("one of several hosts that fails", () => {
  it("is put back, the one before it keeps the new release, and those after it are not tried", async () => {
    const { host, bed } = ground;
    await using second = await bed.boot();
    const app = ground.app("fleet");
    const both = {
      host: `${host.address}\n${second.address}`,
      "known-hosts": `${host.knownHosts}${second.knownHosts}`,
    };
    app.version("v1");
    await app.deployed(both);
    const there = app.on(second);
    const before = await there.snapshot();
    // The second host alone has something on the port that the new version asks for.
    await second.ok("systemd-run --quiet --unit=squatter systemd-socket-activate -l 8497 cat");
    app.version("v2", "PublishPort=8497:8080\n");
    const run = await app.failing({
      ...both,
      host: `${both.host}\n${host.address6}`,
      "health-url": `http://127.0.0.1:${app.port}/health/`,
    });
    expect(run.code, told(run)).toBe(1);
    expect(await app.serves()).toBe("v2");
    expect(await there.snapshot()).toBe(before);
    expect(await there.serves()).toBe("v1");
    expect(run.summary).toMatch(literal(`### ✅ ${host.address}`));
    expect(run.summary).toMatch(literal(`### ❌ ${second.address}`));
    expect(run.summary).toContain(`Not tried, since a host before them failed: ${host.address6}`);
  });
});

/** One after the other: sshd is the same for all. */
describe("a host with few connections to give", () => {
  const sshd = (lines: string) =>
    ground.host.ok(
      "cat > /etc/ssh/sshd_config.d/few.conf && sshd -t && systemctl reload ssh && sleep 0.2",
      { input: lines },
    );

  afterAll(() => sshd(""));

  it("one session in a connection is enough", () =>
    pool.use(async (app) => {
      await sshd("MaxSessions 1\n");
      const tag = await app.other();
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  it("one login at a time: another who is just logging in is waited for", () =>
    pool.use(async (app) => {
      await sshd("MaxStartups 1\n");
      const tag = await app.other();
      const guest = await knocking();
      setTimeout(() => guest.destroy(), 1500);
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  /** Somebody who has connected and does not log in. */
  async function knocking(): Promise<Socket> {
    const socket = connect({ host: ground.host.address, port: 22 });
    await new Promise((resolve) => socket.once("data", resolve));
    return socket;
  }
});
