import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { type Run, tinyUnit } from "../support.js";
import { type Action, App, expectReverted, expectUntouched, told } from "./support.js";

/** Who may deploy, who ends a deploy whose runner is gone, and who has the last word. */

let bed: Bed;
let host: Host;
let image: string;
let app: App;
/** Waits for a confirmation that never comes, which takes half a minute: begun first, read last. */
let forsaken: { readonly app: App; readonly release: string; readonly action: Action };

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
  app = new App(bed, host, "locked");
  version("v1");
  const lonely = new App(bed, host, "forsaken", { "health-from": "runner" });
  lonely.write("forsaken.container", tinyUnit("forsaken", 8202, `${image}:v1`));
  const [{ outputs }] = await Promise.all([lonely.deployed(), app.deployed()]);
  lonely.write("forsaken.container", tinyUnit("forsaken", 8202, `${image}:v2`));
  await lonely.hold("confirm");
  const action = lonely.begin({ "health-timeout": "1s" });
  await lonely.reaches("confirm");
  action.kill("SIGKILL");
  await lonely.letGo("confirm");
  forsaken = { app: lonely, release: outputs.release ?? "", action };
});

afterAll(async () => {
  app[Symbol.dispose]();
  forsaken.app[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

function version(tag: string): void {
  app.write("locked.container", tinyUnit("locked", 8201, `${image}:${tag}`));
}

/** What the service answers: the version that serves. */
async function serves(): Promise<string> {
  return (await host.ok("curl -s http://127.0.0.1:8201/")).trim();
}

const holder = /octocat.*https:\/\/github\.com\/senex\/senex-trader\/actions\/runs\/42/;

describe("two deploys at once", () => {
  it("the second waits, names the holder, and goes by what the first left", async () => {
    version("v2");
    let second: Action | undefined;
    const first = await app.deployWith("pull", async () => {
      second = app.begin();
      await second.says(holder);
      expect(second.running).toBe(true);
    });
    expect(first.code, first.log).toBe(0);
    const waited = await second?.ended;
    expect(waited?.code, waited?.log).toBe(0);
    expect(waited?.outputs).toMatchObject({ changed: "false", release: first.outputs.release });
    expect(await serves()).toBe("v2");
  });

  it("the second gives up when `lock-timeout` is over, and names the holder", async () => {
    version("v1");
    let second: Run | undefined;
    const first = await app.deployWith("pull", async () => {
      second = await app.deploy({ "lock-timeout": "1s" });
    });
    expect(first.code, first.log).toBe(0);
    expect(second?.code, second?.log).toBe(1);
    expect(second?.log).toMatch(/^error: .*lock/im);
    expect(second?.log).toMatch(holder);
    expect(second?.outputs["rolled-back"]).not.toBe("true");
    expect(await serves()).toBe("v1");
  });

  it("of different apps do not wait for each other", async () => {
    using other = new App(bed, host, "free");
    other.write("free.container", tinyUnit("free", 8203, `${image}:v1`));
    version("v2");
    const first = await app.deployWith("link", () => other.deployed());
    expect(first.code, first.log).toBe(0);
  });
});

describe("whoever holds the lock and dies, lets go of it", () => {
  /** SIGKILL for the transaction on the host, with all that it started. */
  const killTransaction = () => host.ok("systemctl kill -s KILL quadlet-deploy@locked.service");

  it("the host's transaction, before the flip: nothing changed, and the next deploy works", async () => {
    version("v1");
    await expectUntouched(app, async () => {
      const run = await app.deployWith("pull", killTransaction);
      await app.settled();
      return run;
    });
    await app.deployed();
    expect(await serves()).toBe("v1");
  });

  it("the host's transaction, after the flip: put back by its guard, and the next deploy works", async () => {
    version("v2");
    await expectReverted(app, async () => {
      const run = await app.deployWith("restart", killTransaction);
      await app.settled();
      return run;
    });
    await app.deployed();
    expect(await serves()).toBe("v2");
  });

  it("the host's transaction and its guard: the next deploy repairs first, and says so", async () => {
    version("v1");
    await app.hold("revert");
    const run = await app.deployWith("restart", async (action) => {
      action.kill("SIGKILL");
      await killTransaction();
      await app.reaches("revert");
      await host.ok(
        "systemctl kill -s KILL quadlet-deploy-guard@locked.service; systemctl stop quadlet-deploy-guard@locked.timer quadlet-deploy-guard@locked.service",
      );
    });
    await app.letGo("revert");
    expect(run.code).not.toBe(0);
    expect(await host.ok(`ls ${app.state}/transaction/`)).toContain("events");
    const next = await app.deployed();
    expect(next.log).toContain("never ended; it is put right first");
    expect(await serves()).toBe("v1");
  });

  it("the whole host, in the middle of the swap: put back at boot, and the next deploy works", async () => {
    version("v2");
    await expectReverted(app, async () => {
      const run = await app.deployWith("reload", async (action) => {
        action.kill("SIGKILL");
        await host.powerOff();
        await host.start();
        await app.letGo("reload");
        await app.settled();
      });
      return { ...run, code: 1, outputs: { "rolled-back": "true" } };
    });
    version("v1");
    await app.deployed();
    expect(await serves()).toBe("v1");
  });

  it("the runner, in the middle of the swap: the host ends it, and the next deploy finds it done", async () => {
    version("v2");
    const run = await app.deployWith("link", async (action) => action.kill("SIGKILL"));
    expect(run.code).not.toBe(0);
    await app.settled();
    expect(await app.outcome()).toMatch(/^end\tcommitted/);
    expect(await serves()).toBe("v2");
    expect((await app.deployed()).outputs.changed).toBe("false");
  });
});

describe("the last word", () => {
  const gate = { "health-from": "runner" };

  it("is the first one: a confirmation that comes after the revert was decided loses", async () => {
    version("v1");
    await expectReverted(app, () =>
      app.deployWith(
        "stable",
        () => host.ok(`ln -s revert ${app.state}/transaction/verdict`),
        gate,
      ),
    );
    expect(await serves()).toBe("v2");
  });

  it("is the first one: a revert that is asked for after the confirmation loses", async () => {
    version("v1");
    const run = await app.deployWith(
      "commit",
      async () => {
        const late = await host.exec(`ln -s revert ${app.state}/transaction/verdict`);
        expect(late.stderr).toContain("File exists");
      },
      gate,
    );
    expect(run.code, told(run)).toBe(0);
    expect(await serves()).toBe("v1");
  });

  it.each(["confirm", "commit"])(
    "is one word, when the dead-man's timer fires at the step %s",
    async (step) => {
      version((await serves()) === "v1" ? "v2" : "v1");
      const before = await app.snapshot();
      const run = await app.deployWith(
        step,
        () => host.ok("systemctl start --no-block quadlet-deploy-guard@locked.service"),
        gate,
      );
      await app.settled();
      expect(await app.outcome()).toMatch(run.code === 0 ? /^end\tcommitted/ : /^end\treverted/);
      if (run.code === 0) expect(await app.snapshot()).toContain(run.outputs.release);
      else expect(await app.snapshot(), told(run)).toBe(before);
    },
  );

  it("needs a timer: where none can be armed, nothing is changed", async () => {
    version("v1");
    await app.deployed();
    version("v2");
    await host.ok("systemctl mask --runtime quadlet-deploy-guard@locked.timer");
    try {
      await expectUntouched(app, () => app.deploy(), ["quadlet-deploy-guard@locked.timer"]);
    } finally {
      await host.ok("systemctl unmask --runtime quadlet-deploy-guard@locked.timer");
    }
  });

  it("is the host's, when nobody confirms in time: it reverts by itself", async () => {
    const { app: lonely, action, release } = forsaken;
    await action.ended;
    await lonely.settled();
    expect(await lonely.outcome()).toMatch(/^end\treverted\thealthy\thealthy/);
    expect(await host.ok(`readlink ${lonely.state}/current; ls ${lonely.state}/releases`)).toBe(
      `releases/${release}\n${release}\n`,
    );
    expect(await host.ok("curl -s http://127.0.0.1:8202/")).toBe("v1\n");
  });
});

describe("a revert that fails", () => {
  /** A version whose container ends at once: the deploy comes to the step `revert`. */
  const breaks = () => version("exits");

  it("red, with the commands to run by hand, and both releases are kept; the next deploy repairs", async () => {
    version("v1");
    await app.deployed();
    breaks();
    // The hold is on a file system of its own, which the read-only one then covers: it lets go.
    await host.ok(`mkdir -p ${app.state}/hold && mount -t tmpfs tmpfs ${app.state}/hold`);
    await host.ok(
      `mkdir /srv/fixed && mount --bind ${app.state} /srv/fixed && mount -o remount,bind,ro /srv/fixed`,
    );
    const run = await app.deployWith("revert", () =>
      host.ok(`mount --bind /srv/fixed ${app.state}`),
    );
    await host.ok(`umount ${app.state} && umount ${app.state}/hold`);
    expect(run.code, told(run)).toBe(1);
    for (const shown of [run.log, run.summary]) {
      expect(shown).toMatch(/could not be put back/i);
      expect(shown).toContain("systemctl daemon-reload");
    }
    expect((await host.ok(`ls ${app.state}/releases`)).split("\n").length).toBeGreaterThan(2);
    version("v1");
    await app.deployed();
    expect(await serves()).toBe("v1");
  });

  it("red, and not called healthy, where the old release's image is gone", async () => {
    breaks();
    const registry = await bed.registry();
    const run = await app.deployWith("revert", async () => {
      await registry.stop();
      await host.ok(`podman rmi --force ${image}:v1`);
    });
    await registry.start();
    expect(run.code, told(run)).toBe(1);
    expect(await app.outcome()).toMatch(/^end\treverted\tunhealthy\thealthy/);
    for (const shown of [run.log, run.summary]) expect(shown).toContain("NOT healthy now");
    version("v1");
    await app.deployed();
    expect(await serves()).toBe("v1");
  });
});
