import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { spawn, tinyUnit } from "../support.js";
import { App, expectReverted, expectUntouched, literal, told } from "./support.js";

/** Whose units stand on a host, what systemd makes of them, and the releases that were. */

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

async function serves(port: number): Promise<string> {
  return (await host.ok(`curl -s http://127.0.0.1:${port}/`)).trim();
}

describe("what systemd would make of the units", () => {
  let app: App;
  const unit = (more = "") => `${tinyUnit("shop", 8301, `${image}:v1`)}${more}`;

  beforeAll(async () => {
    app = new App(bed, host, "shop");
    app.write("shop.container", unit());
    await app.deployed();
  });

  afterAll(() => app[Symbol.dispose]());

  it("a native unit that would shadow ours is named, and nothing changes", async () => {
    app.write("side.container", tinyUnit("side", 8302, `${image}:v1`));
    const native = "/etc/systemd/system/side.service";
    await host.ok(
      `printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > ${native} && systemctl daemon-reload && systemctl start side`,
    );
    try {
      await expectUntouched(app, () => app.deploy({ "health-from": "none" }), [
        native,
        "side.service",
      ]);
      expect(await host.ok("systemctl is-active side")).toBe("active\n");
    } finally {
      await host.ok(`systemctl stop side; rm ${native}; systemctl daemon-reload`);
      app.remove("side.container");
    }
  });

  it("a drop-in for a unit of somebody else is refused, and nothing changes", async () => {
    app.write("ssh.service.d/x.conf", "[Service]\nRestart=no\n");
    try {
      await expectUntouched(app, () => app.deploy(), [
        "is a drop-in for ssh.service, which no unit here makes",
      ]);
    } finally {
      app.remove("ssh.service.d/x.conf");
    }
  });

  it("a template unit is installed, and not started", async () => {
    app.write("shop.container", unit());
    app.write("worker@.container", `[Container]\nImage=${image}:v1\nContainerName=worker-%i\n`);
    const run = await app.deployed();
    expect(run.outputs.restarted).toBe("");
    expect(await host.ok("systemctl show -p LoadState --value worker@1.service")).toBe("loaded\n");
    app.remove("worker@.container");
    await app.deployed();
  });

  it("a unit that is gone after the reload, since somebody moved its link: put back", async () => {
    app.write("shop.container", unit("# once more\n"));
    await expectReverted(
      app,
      () =>
        app.deployWith("reload", () => host.ok(`mv ${app.quadlet}/shop.container /root/shop.away`)),
      ["reload: shop.service"],
    ).finally(() => host.ok(`rm -f /root/shop.away`));
  });

  it("other programs that reload systemd all the while are no obstacle", async () => {
    await host.ok(
      "systemd-run --quiet --unit=reloads sh -c 'while :; do systemctl daemon-reload; sleep 0.2; done'",
    );
    try {
      app.write("shop.container", unit("# and once more\n"));
      const run = await app.deployed();
      expect(run.outputs.restarted).toBe("shop.service");
    } finally {
      await host.ok("systemctl stop reloads");
    }
  });

  it("a unit with another name, and one with another ServiceName=: the old service stops, and its port is free", async () => {
    app.remove("shop.container");
    app.write("store.container", tinyUnit("store", 8301, `${image}:v2`));
    await app.deployed();
    expect(await serves(8301)).toBe("v2");
    app.write(
      "store.container",
      `${tinyUnit("store", 8301, `${image}:v1`)}[Container]\nServiceName=market\n`,
    );
    await app.deployed();
    expect(await serves(8301)).toBe("v1");
    expect(
      await host.ok("systemctl show --value -p LoadState -p ActiveState shop store market"),
    ).toBe("not-found\ninactive\n\nnot-found\ninactive\n\nloaded\nactive\n");
    expect(
      await host.ok("podman ps --format '{{.Names}} {{.Ports}}' | sed -n 's/ .*:8301->.*//p'"),
    ).toBe("store\n");
    await host.ok("systemctl stop market");
  });

  it("the same again restarts nothing", async () => {
    await app.deployed();
    const starts = await app.starts();
    const run = await app.deployed();
    expect(run.outputs).toMatchObject({ changed: "false", restarted: "" });
    expect(await app.starts()).toBe(starts);
  });

  it("units that wait for each other in a circle are refused, and nothing changes", async () => {
    app.write("shop.container", unit("[Unit]\nRequires=chicken.service\nAfter=chicken.service\n"));
    app.write(
      "chicken.container",
      `${tinyUnit("chicken", 8302, `${image}:v1`)}[Unit]\nAfter=shop.service\n`,
    );
    try {
      await expectUntouched(app, () => app.deploy({ "health-from": "none" }), [
        "check",
        /cycle|circle/,
        "chicken.service",
      ]);
    } finally {
      app.remove("chicken.container");
    }
  });
});

describe("files of others", () => {
  it("are taken over with `adopt`, kept as a release, and a rollback returns to them", async () => {
    using app = new App(bed, host, "heir");
    const theirs = tinyUnit("heir", 8311, `${image}:v1`);
    await host.ok(`cat > ${app.quadlet}/heir.container`, { input: theirs });
    await host.ok("systemctl daemon-reload && systemctl start heir");
    app.write("heir.container", tinyUnit("heir", 8311, `${image}:v2`));
    await expectUntouched(app, () => app.deploy(), [
      `${app.quadlet}/heir.container: files that this app did not put there are in the way`,
      "adopt",
    ]);

    await app.deployed({ adopt: "true" });
    expect(await serves(8311)).toBe("v2");
    expect(await host.ok(`cat ${app.state}/releases/adopted/heir.container`)).toBe(theirs);

    await app.deployed({ command: "rollback" });
    expect(await serves(8311)).toBe("v1");
    expect(await host.ok(`cat ${app.quadlet}/heir.container`)).toBe(theirs);
    expect(await host.ok(`readlink ${app.state}/current`)).toBe("releases/adopted\n");
    await host.ok("systemctl stop heir");
  });

  it("that were adopted by a deploy that failed stand there as before", async () => {
    using app = new App(bed, host, "orphan");
    const theirs = tinyUnit("orphan", 8312, `${image}:v1`);
    await host.ok(`cat > ${app.quadlet}/orphan.container`, { input: theirs });
    await host.ok("systemctl daemon-reload && systemctl start orphan");
    app.write("orphan.container", tinyUnit("orphan", 8312, `${image}:exits`));
    const run = await app.deploy({ adopt: "true" });
    expect(run.code, told(run)).toBe(1);
    expect(run.outputs["rolled-back"]).toBe("true");
    expect(await serves(8312)).toBe("v1");
    expect(
      await host.ok(
        `stat -c %F ${app.quadlet}/orphan.container; cat ${app.quadlet}/orphan.container`,
      ),
    ).toBe(`regular file\n${theirs}`);
    await host.ok("systemctl stop orphan");
  });

  it("of two apps side by side: what one leaves behind is not the other's", async () => {
    using left = new App(bed, host, "left");
    using right = new App(bed, host, "right");
    left.write("left.container", tinyUnit("left", 8313, `${image}:v1`));
    right.write("right.container", tinyUnit("right", 8314, `${image}:v1`));
    await Promise.all([left.deployed(), right.deployed()]);
    const starts = await right.starts();
    left.write("left.container", tinyUnit("left", 8313, `${image}:exits`));
    expect((await left.deploy()).code).toBe(1);
    left.write("left.container", tinyUnit("left", 8313, `${image}:v2`));
    await left.deployed();
    const ofRight = (text: string) => /Id=right\.service\n.*|.*\nId=right\.service/.exec(text)?.[0];
    expect(ofRight(await right.starts())).toBe(ofRight(starts));
    await host.ok("systemctl stop left right");
  });
});

describe("units that left the repository", () => {
  it("stay with `prune: false`, and go with the next deploy that prunes; their volumes stay", async () => {
    using app = new App(bed, host, "garden");
    app.write("rose.container", tinyUnit("rose", 8321, `${image}:v1`));
    app.write(
      "weed.container",
      `${tinyUnit("weed", 8322, `${image}:v1`)}[Container]\nVolume=weed.volume:/data\n`,
    );
    app.write("weed.volume", "[Volume]\nVolumeName=weed\n");
    const health = { "health-url": "http://127.0.0.1:8321/health/" };
    await app.deployed(health);
    app.remove("weed.container");
    app.remove("weed.volume");
    app.write("rose.container", `# red\n${tinyUnit("rose", 8321, `${image}:v1`)}`);

    await app.deployed({ ...health, prune: "false" });
    expect(await host.ok("systemctl is-active weed.service")).toBe("active\n");
    expect(await host.ok(`cat ${app.quadlet}/weed.container`)).toContain("ContainerName=weed");

    await app.deployed(health);
    expect((await host.exec("systemctl is-active weed.service")).stdout).toBe("inactive\n");
    expect(await host.ok(`ls ${app.quadlet}`)).not.toContain("weed");
    expect(await host.ok("podman volume ls --format '{{.Name}}'")).toContain("weed\n");
    await host.ok("systemctl stop rose");
  });
});

describe("releases that were", () => {
  let app: App;
  const ids: string[] = [];
  const tags = ["v1", "v2", "ignores-sigterm"];

  beforeAll(async () => {
    app = new App(bed, host, "history", { "keep-releases": "2" });
    for (const tag of tags) {
      app.write("history.container", tinyUnit("history", 8331, `${image}:${tag}`));
      const run = await app.deployed();
      ids.push(run.outputs.release ?? "");
    }
  });

  afterAll(() => app[Symbol.dispose]());

  it("are kept as many as `keep-releases` says, with their images", async () => {
    expect(await host.ok(`ls ${app.state}/releases`)).toBe(`${ids[1]}\n${ids[2]}\n`);
    const images = await host.ok("podman images --format '{{.Tag}}'");
    expect(images).toMatch(/^v2$/m);
    expect(images).toMatch(/^ignores-sigterm$/m);
  });

  it("come back with `command: rollback`, the last but one by default", async () => {
    const run = await app.deployed({ command: "rollback" });
    expect(run.outputs.release).toBe(ids[1]);
    expect(await serves(8331)).toBe("v2");
  });

  it("come back on the command line, by name or by default", async () => {
    const known = join(app.workspace.path, "known_hosts");
    writeFileSync(known, host.knownHosts);
    const rollback = (...more: string[]) =>
      spawn(
        [
          "dist/cli.cjs",
          ...["rollback", "--app", "history", "--host", `root@${host.address}`],
          ...["--ssh-key", bed.keys.ed25519.path, "--known-hosts", known],
          ...["--stable-for", "0s", ...more],
        ],
        { PATH: process.env.PATH ?? "" },
        app.workspace.path,
      );
    const named = await rollback("--to", ids[2] ?? "");
    expect(named.code, named.log).toBe(0);
    expect(await host.ok(`readlink ${app.state}/current`)).toBe(`releases/${ids[2]}\n`);
    const last = await rollback();
    expect(last.code, last.log).toBe(0);
    expect(await serves(8331)).toBe("v2");
    const gone = await rollback("--to", ids[0] ?? "");
    expect(gone.code).toBe(1);
    expect(gone.log).toMatch(literal(ids[0] ?? ""));
    expect(await serves(8331)).toBe("v2");
  });

  it("come back through the same gates: one that is not healthy any more is put back", async () => {
    await expectReverted(
      app,
      () => app.deploy({ command: "rollback", to: ids[2] ?? "", "health-path": "/nothing-there/" }),
      ["404"],
    );
    await host.ok("systemctl stop history");
  });
});
