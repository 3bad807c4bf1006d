import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyUnit } from "../support.js";
import {
  type App,
  expectReverted,
  expectUntouched,
  Ground,
  type Pool,
  tiny,
  told,
} from "./support.js";

/** Disks that are full, read-only, or somewhere else than one would think. */

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.open();
});

afterAll(() => ground[Symbol.asyncDispose]());

describe.concurrent("a file system of its own for the releases", () => {
  let pool: Pool;

  beforeAll(async () => {
    const states = [0, 1, 2].map((number) => `/etc/containers/quadlet-deploy/small${number}`);
    await ground.host.ok(
      `for state in ${states.join(" ")}; do mkdir -p $state/hold && mount -t tmpfs -o size=2m,nr_inodes=400 tmpfs $state; done`,
    );
    pool = await ground.ready(3, "small");
  });

  it("is staged in, so that no rename leaves it", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      await app.deployed();
      expect(await app.serves()).toBe(tag);
    }));

  /** tmpfs keeps a link's short text in its inode, so that a full disk still takes links. */
  const full = {
    disk: {
      fill: "dd if=/dev/zero of=filler bs=4k 2>/dev/null",
      empty: "rm filler",
      shown: /tmpfs\s+2\.0M\s+2\.0M\s+0\s+100%/,
    },
    inodes: {
      fill: "mkdir fillers; n=0; while : >fillers/$n; do n=$((n + 1)); done 2>/dev/null",
      empty: "rm -r fillers",
      shown: /tmpfs\s+400\s+400\s+0\s+100%/,
    },
  };

  for (const [what, { fill, empty, shown }] of Object.entries(full)) {
    const filled = (app: App) => app.host.exec(`cd ${app.state}; ${fill}`);
    const emptied = (app: App) => app.host.ok(`cd ${app.state}; ${empty}`);

    it(`full (${what}) before anything changed: red with what df says, and nothing changed`, () =>
      pool.use(async (app) => {
        await app.other();
        await expectUntouched(app, async () => {
          await filled(app);
          try {
            return await app.deploy();
          } finally {
            await emptied(app);
          }
        }, [shown]);
      }));

    it.each(["flip", "reload"])(
      `full (${what}) in the middle of the swap, at %s: wholly old, or wholly new and green`,
      (step) =>
        pool.use(async (app) => {
          await app.other();
          const before = await app.snapshot();
          const run = await app.deployWith(step, () => filled(app));
          try {
            await app.settled();
          } finally {
            await emptied(app);
          }
          if (run.code === 0) expect(await app.snapshot()).toContain(run.outputs.release);
          else expect(await app.snapshot(), told(run)).toBe(before);
          await app.deployed();
        }),
    );
  }
});

describe.concurrent("links", () => {
  it("the quadlet directory may be one, and stays one", async () => {
    const app = ground.app("linked", {}, "senex");
    await ground.host.ok(
      "mkdir -p .config/containers units/containers && ln -s ../../units/containers .config/containers/systemd",
      { user: "senex" },
    );
    await ground.host.ok("systemctl start network-online.target");
    app.version("v1");
    await app.deployed();
    app.version("v2");
    await app.deployed();
    expect(await app.serves()).toBe("v2");
    expect(await ground.host.ok(`readlink ${app.quadlet}`)).toBe("../../units/containers\n");
    app.version("exits");
    await expectReverted(app, () => app.failing());
  });

  it("a folder of drop-ins that leads elsewhere is not followed", async () => {
    const app = ground.app("astray");
    app.version("v1");
    await app.deployed();
    app.write("astray.service.d/x.conf", "[Service]\nTimeoutStopSec=5\n");
    const folder = "/etc/systemd/system/astray.service.d";
    await ground.host.ok(`mkdir -p /srv/elsewhere && ln -s /srv/elsewhere ${folder}`);
    await expectUntouched(app, () => app.deploy(), [folder]);
    expect(await ground.host.ok("ls -A /srv/elsewhere")).toBe("");
  });
});

/** One after the other: the directories are the whole host's. */
describe("a directory that cannot be written", () => {
  let app: App;

  beforeAll(async () => {
    app = ground.app("fixed");
    app.version("v1");
    await app.deployed();
    app.version("v2");
    app.write("fixed.service.d/x.conf", "[Service]\nTimeoutStopSec=5\n");
    app.write("fixed-added.container", tinyUnit("fixed-added", 8199, `${tiny}:v1`));
  });

  const readOnly = (path: string) =>
    ground.host.ok(`mount --bind ${path} ${path} && mount -o remount,bind,ro ${path}`);

  it.each([
    ["of the releases", () => app.state],
    ["of the units", () => app.quadlet],
    ["of systemd's units, where the guard goes", () => "/etc/systemd/system"],
  ])("%s, on a read-only file system: red, and nothing changed", async (_, path) => {
    await expectUntouched(app, async () => {
      await readOnly(path());
      try {
        return await app.deploy({ "health-from": "none" });
      } finally {
        await ground.host.ok(`umount ${path()}`);
      }
    }, [path()]);
  });

  it("of the units, read-only from the flip on: put back", async () => {
    await expectReverted(app, async () => {
      const run = await app.deployWith("flip", () => readOnly(app.quadlet), {
        "health-from": "none",
      });
      await ground.host.ok(`umount ${app.quadlet}`);
      return run;
    }, ["Read-only file system"]);
  });
});
