import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "../support.js";
import {
  type Action,
  type App,
  expectReverted,
  expectUntouched,
  Ground,
  type Pool,
  tiny,
  told,
} from "./support.js";

/** Who may deploy, who ends a deploy whose runner is gone, and who has the last word. */

let ground: Ground;
let pool: Pool;

beforeAll(async () => {
  ground = await Ground.open();
  pool = await ground.ready(4, "locked");
});

afterAll(() => ground[Symbol.asyncDispose]());

/** The runner's own gate: the host waits for it at the step `confirm`. */
const gate = { "health-from": "runner" };

/** SIGKILL for the transaction on the host, with all that it started. */
function killTransaction(app: App): Promise<string> {
  return app.host.ok(`systemctl kill -s KILL quadlet-deploy@${app.name}.service`);
}

const holder = /octocat.*https:\/\/github\.com\/senex\/senex-trader\/actions\/runs\/42/;

describe.concurrent("the last word", () => {
  // It takes the half minute that the host gives the runner, and so begins first.
  it("is the host's, when nobody confirms in time: it reverts by itself", () =>
    pool.use(async (app) => {
      await app.other();
      const before = await app.snapshot();
      await app.deployWith("confirm", async (action) => action.kill("SIGKILL"), {
        ...gate,
        "health-timeout": "1s",
      });
      await app.settled();
      expect(await app.outcome()).toMatch(/^end\treverted\t\w+\thealthy/);
      expect(await app.snapshot()).toBe(before);
    }));

  it("is the first one: a confirmation that comes after the revert was decided loses", () =>
    pool.use(async (app) => {
      await app.other();
      await expectReverted(app, () =>
        app.deployWith(
          "stable",
          () => app.host.ok(`cd ${app.state}/transaction && mv -T words/revert verdict`),
          gate,
        ),
      );
    }));

  it("is the first one: a revert that is asked for after the confirmation loses", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      const run = await app.deployWith(
        "commit",
        async () => {
          const late = `cd ${app.state}/transaction && mv -T words/revert verdict; ls verdict`;
          expect(await app.host.exec(late)).toMatchObject({ stdout: "commit\n" });
        },
        gate,
      );
      expect(run.code, told(run)).toBe(0);
      expect(await app.serves()).toBe(tag);
    }));

  it.each(["confirm", "commit"])(
    "is one word, when the dead-man's timer fires at the step %s",
    (step) =>
      pool.use(async (app) => {
        const tag = await app.other();
        const before = await app.snapshot();
        const run = await app.deployWith(
          step,
          () => app.host.ok(`systemctl start --no-block quadlet-deploy-guard@${app.name}.service`),
          gate,
        );
        await app.settled();
        expect(await app.outcome()).toMatch(run.code === 0 ? /^end\tcommitted/ : /^end\treverted/);
        if (run.code === 0) expect(await app.serves()).toBe(tag);
        else expect(await app.snapshot(), told(run)).toBe(before);
      }),
  );

  it("needs a timer: where none can be armed, nothing is changed", () =>
    pool.use(async (app) => {
      await app.other();
      const timer = `quadlet-deploy-guard@${app.name}.timer`;
      await app.host.ok(`systemctl mask --runtime ${timer}`);
      try {
        await expectUntouched(app, () => app.deploy(), [timer, "cannot be armed"]);
      } finally {
        await app.host.ok(`systemctl unmask --runtime ${timer}`);
      }
    }));
});

describe.concurrent("two deploys at once", () => {
  it("the second waits, names the holder, and goes by what the first left", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      let second: Action | undefined;
      const first = await app.deployWith("pull", async () => {
        second = app.begin();
        await second.says(holder);
        expect(second.running).toBe(true);
      });
      expect(first.code, told(first)).toBe(0);
      const waited = (await second?.ended) as Run;
      expect(waited.code, told(waited)).toBe(0);
      expect(waited.outputs).toMatchObject({ changed: "false", release: first.outputs.release });
      expect(await app.serves()).toBe(tag);
    }));

  it("the second gives up when `lock-timeout` is over, and names the holder", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      let second: Run | undefined;
      const first = await app.deployWith("pull", async () => {
        second = await app.deploy({ "lock-timeout": "1s" });
      });
      expect(first.code, told(first)).toBe(0);
      expect(second?.code).toBe(1);
      expect(second?.log).toMatch(
        /^error: \S+: begin: lock: another deploy of this app is at work/m,
      );
      expect(second?.log).toMatch(holder);
      expect(await app.serves()).toBe(tag);
    }));

  it("of different apps do not wait for each other", () =>
    pool.use(async (app) => {
      const other = ground.app("free");
      other.version("v1");
      await app.other();
      const first = await app.deployWith("link", () => other.deployed());
      expect(first.code, told(first)).toBe(0);
    }));
});

describe.concurrent("whoever holds the lock and dies, lets go of it", () => {
  it("the host's transaction, before the flip: nothing changed, and the next deploy works", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      await expectUntouched(app, async () => {
        const run = await app.deployWith("pull", () => killTransaction(app));
        await app.settled();
        return run;
      });
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  it("the host's transaction, after the flip: put back by its guard, and the next deploy works", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      await expectReverted(app, async () => {
        const run = await app.deployWith("restart", () => killTransaction(app));
        await app.settled();
        return run;
      });
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  it("the host's transaction and its guard: the next deploy repairs first, and says so", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      const guard = `quadlet-deploy-guard@${app.name}`;
      await app.hold("revert");
      await app.deployWith("restart", async (action) => {
        action.kill("SIGKILL");
        await killTransaction(app);
        await app.reaches("revert");
        // It would start again by itself, a second later.
        await app.host.ok(
          `systemctl kill -s KILL ${guard}.service; systemctl stop ${guard}.timer ${guard}.service`,
        );
      });
      await app.letGo("revert");
      expect(await app.host.ok(`ls ${app.state}/transaction/`)).toContain("events");
      const next = await app.deployed();
      expect(next.log).toContain("never ended; it is put right first");
      expect(await app.serves()).toBe(tag);
    }));

  it("the runner, in the middle of the swap: the host ends it, and the next deploy finds it done", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      await app.deployWith("link", async (action) => action.kill("SIGKILL"));
      await app.settled();
      expect(await app.outcome()).toMatch(/^end\tcommitted/);
      expect(await app.serves()).toBe(tag);
      expect((await app.deployed()).outputs.changed).toBe("false");
    }));
});

/** One after the other, for they concern the whole host, or switch the registry off. */
describe("a bad day", () => {
  it("the whole host, in the middle of the swap: put back at boot, and the next deploy works", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      const before = await app.snapshot();
      await app.deployWith("reload", async (action) => {
        action.kill("SIGKILL");
        await app.host.powerOff();
        await app.host.start();
        await app.settled();
      });
      expect(await app.outcome()).toMatch(/^end\treverted/);
      expect(await app.snapshot()).toBe(before);
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  it("a revert that fails: red, with the commands to run by hand, and both releases are kept; the next deploy repairs", () =>
    pool.use(async (app) => {
      const tag = await app.serves();
      app.version("exits");
      const { state, host } = app;
      // The hold is on a file system of its own, which the read-only one then covers: it lets go.
      await host.ok(
        `mkdir -p ${state}/hold /srv/fixed && mount -t tmpfs tmpfs ${state}/hold && mount --bind ${state} /srv/fixed && mount -o remount,bind,ro /srv/fixed`,
      );
      const run = await app.deployWith(
        "revert",
        () => host.ok(`mount --bind /srv/fixed ${state}`),
        {
          "health-timeout": "2s",
        },
      );
      await host.ok(`umount ${state} && umount ${state}/hold`);
      expect(run.code, told(run)).toBe(1);
      expect(run.outputs["rolled-back"]).not.toBe("true");
      for (const shown of [run.log, run.summary]) {
        expect(shown).toContain("could NOT be put back");
        expect(shown).toContain("systemctl daemon-reload");
      }
      expect((await host.ok(`ls ${state}/releases`)).split("\n").length).toBeGreaterThan(2);
      app.version(tag);
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  it("a revert to a release whose image is gone: red, and not called healthy", () =>
    pool.use(async (app) => {
      const tag = await app.serves();
      app.version("exits");
      const run = await app.deployWith(
        "revert",
        async () => {
          await ground.registry.stop();
          await app.host.ok(`podman rmi --force ${tiny}:${tag}`);
        },
        { "health-timeout": "2s" },
      );
      await ground.registry.start();
      expect(run.code, told(run)).toBe(1);
      expect(await app.outcome()).toMatch(/^end\treverted\tunhealthy\thealthy/);
      for (const shown of [run.log, run.summary]) expect(shown).toContain("NOT healthy now");
      app.version(tag);
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));
});
