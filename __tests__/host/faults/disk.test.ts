import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { tinyUnit } from "../support.js";
import { App, expectReverted, expectUntouched, told } from "./support.js";

/** Disks that are full, read-only, or somewhere else than one would think. */

let bed: Bed;
let host: Host;
let image: string;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

/** Something to deploy that differs from what was deployed before. */
function change(app: App, port: number): void {
  app.write(`${app.name}.container`, `# ${Date.now()}\n${tinyUnit(app.name, port, `${image}:v2`)}`);
}

describe("a file system of its own for the releases", () => {
  let app: App;

  beforeAll(async () => {
    app = new App(bed, host, "small");
    app.write("small.container", tinyUnit("small", 8101, `${image}:v1`));
    await host.ok(
      `mkdir -p ${app.state} && mount -t tmpfs -o size=2m,nr_inodes=400 tmpfs ${app.state}`,
    );
  });

  afterAll(() => app[Symbol.dispose]());

  it("is staged in, so that no rename leaves it", async () => {
    await app.deployed();
    change(app, 8101);
    await app.deployed();
    expect(await host.ok("curl -s http://127.0.0.1:8101/")).toBe("v2\n");
  });

  /** Leaves as much as a page; tmpfs keeps a link's short text in its inode. */
  const full: Readonly<Record<string, { fill: string; empty: string; shown: RegExp }>> = {
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
    it(`full (${what}) before anything changed: red with what df says, and nothing changed`, async () => {
      change(app, 8101);
      await expectUntouched(app, async () => {
        await host.exec(`cd ${app.state}; ${fill}`);
        try {
          return await app.deploy();
        } finally {
          await host.ok(`cd ${app.state}; ${empty}`);
        }
      }, [/No space left on device/, shown]);
    });

    it.each(["flip", "reload"])(
      `full (${what}) in the middle of the swap, at %s: wholly old, or wholly new and green`,
      async (step) => {
        change(app, 8101);
        const before = await app.snapshot();
        const run = await app.deployWith(step, () => host.exec(`cd ${app.state}; ${fill}`));
        await app.settled();
        await host.ok(`cd ${app.state}; ${empty}`);
        if (run.code === 0) expect(await app.snapshot()).toContain(run.outputs.release);
        else expect(await app.snapshot(), told(run)).toBe(before);
        await app.deployed();
      },
    );
  }
});

describe("a directory that cannot be written", () => {
  let app: App;

  beforeAll(async () => {
    app = new App(bed, host, "fixed");
    app.write("fixed.container", tinyUnit("fixed", 8102, `${image}:v1`));
    await app.deployed();
  });

  afterAll(() => app[Symbol.dispose]());

  const readOnly = (path: string) =>
    host.ok(`mount --bind ${path} ${path} && mount -o remount,bind,ro ${path}`);

  it.each([
    ["of the releases", () => app.state],
    ["of the units", () => app.quadlet],
    ["of systemd's units, where the guard goes", () => "/etc/systemd/system"],
  ])("%s, on a read-only file system: red, and nothing changed", async (_, path) => {
    change(app, 8102);
    app.write("fixed.service.d/x.conf", "[Service]\nTimeoutStopSec=5\n");
    await expectUntouched(app, async () => {
      await readOnly(path());
      try {
        return await app.deploy();
      } finally {
        await host.ok(`umount ${path()}`);
      }
    }, [path()]);
  });

  it("of the units, read-only from the flip on: put back", async () => {
    change(app, 8102);
    app.write("added.container", tinyUnit("added", 8103, `${image}:v1`));
    try {
      await expectReverted(app, async () => {
        const run = await app.deployWith("flip", () => readOnly(app.quadlet), {
          "health-from": "none",
        });
        await host.ok(`umount ${app.quadlet}`);
        return run;
      }, ["Read-only file system"]);
    } finally {
      app.remove("added.container");
    }
  });
});

describe("links", () => {
  it("the quadlet directory may be one, and stays one", async () => {
    using app = new App(bed, host, "linked", {}, "senex");
    await host.ok(
      "mkdir -p .config/containers units/containers && ln -s ../../units/containers .config/containers/systemd && systemctl --user start default.target",
      { user: "senex" },
    );
    app.write("linked.container", tinyUnit("linked", 8104, `${image}:v1`));
    await host.ok("systemctl start network-online.target");
    await app.deployed();
    change(app, 8104);
    await app.deployed();
    expect(await host.ok(`curl -s http://127.0.0.1:8104/; readlink ${app.quadlet}`)).toBe(
      "v2\n../../units/containers\n",
    );
    app.write("linked.container", tinyUnit("linked", 8104, `${image}:exits`));
    await expectReverted(app, () => app.deploy());
  });

  it("a folder of drop-ins that leads elsewhere is not followed", async () => {
    using app = new App(bed, host, "astray");
    app.write("astray.container", tinyUnit("astray", 8105, `${image}:v1`));
    await app.deployed();
    app.write("astray.service.d/x.conf", "[Service]\nTimeoutStopSec=5\n");
    await host.ok(
      "mkdir -p /srv/elsewhere && ln -s /srv/elsewhere /etc/systemd/system/astray.service.d",
    );
    await expectUntouched(app, () => app.deploy(), ["/etc/systemd/system/astray.service.d"]);
    expect(await host.ok("ls -A /srv/elsewhere")).toBe("");
  });
});
