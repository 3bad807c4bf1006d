import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawn, tinyUnit } from "../support.js";
import { type App, expectReverted, expectUntouched, Ground, type Pool, tiny } from "./support.js";

/** Whose units stand on a host, what systemd makes of them, and the releases that were. */

let ground: Ground;
let pool: Pool;

beforeAll(async () => {
  ground = await Ground.open();
  pool = await ground.ready(4, "shop");
});

afterAll(() => ground[Symbol.asyncDispose]());

describe.concurrent("what systemd would make of the units", () => {
  it("other programs that reload systemd all the while are no obstacle", () =>
    pool.use(async (app) => {
      await app.host.ok(
        "systemd-run --quiet --unit=reloads sh -c 'while :; do systemctl daemon-reload; sleep 0.2; done'",
      );
      const tag = await app.other();
      const run = await app.deployed();
      expect(run.outputs.restarted).toBe(`${app.name}.service`);
      expect(await app.serves()).toBe(tag);
      await app.host.ok("systemctl stop reloads");
    }));

  it("a native unit that would shadow ours is named, and nothing changes", () =>
    pool.use(async (app) => {
      const side = `${app.name}-side`;
      const native = `/etc/systemd/system/${side}.service`;
      app.write(`${side}.container`, tinyUnit(side, 8199, `${tiny}:v1`));
      await app.host.ok(
        `printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > ${native} && systemctl daemon-reload && systemctl start ${side}`,
      );
      await expectUntouched(app, () => app.deploy({ "health-from": "none" }), [
        native,
        `plan: ${side}.service`,
      ]);
      expect(await app.host.ok(`systemctl is-active ${side}`)).toBe("active\n");
      await app.host.ok(`systemctl stop ${side}; rm ${native}; systemctl daemon-reload`);
      app.remove(`${side}.container`);
    }));

  it("units that wait for each other in a circle are refused, and nothing changes", () =>
    pool.use(async (app) => {
      const [hen, egg] = [`${app.name}-hen`, `${app.name}-egg`];
      const unit = (name: string, after: string) =>
        app.write(
          `${name}.container`,
          `${tinyUnit(name, 0, `${tiny}:v1`).replace(/PublishPort.*\n/, "")}[Unit]\nRequires=${after}.service\nAfter=${after}.service\n`,
        );
      unit(hen, egg);
      unit(egg, hen);
      await expectUntouched(app, () => app.deploy(), [`${hen}.service`, `${egg}.service`]);
      app.remove(`${hen}.container`);
      app.remove(`${egg}.container`);
    }));

  it("a drop-in for a unit of somebody else is refused, and nothing changes", () =>
    pool.use(async (app) => {
      app.write("ssh.service.d/x.conf", "[Service]\nRestart=no\n");
      await expectUntouched(app, () => app.deploy(), [
        "is a drop-in for ssh.service, which no unit here makes",
      ]);
      app.remove("ssh.service.d/x.conf");
    }));

  it("a template unit is installed, and not started", () =>
    pool.use(async (app) => {
      const worker = `${app.name}-worker@`;
      app.write(`${worker}.container`, `[Container]\nImage=${tiny}:v1\n`);
      const run = await app.deployed();
      expect(run.outputs.restarted).toBe("");
      const state = `systemctl show -p LoadState -p ActiveState ${worker}1.service`;
      expect(await app.host.ok(state)).toBe("LoadState=loaded\nActiveState=inactive\n");
      app.remove(`${worker}.container`);
      await app.deployed();
    }));

  it("a unit that is gone after the reload, since somebody moved its link: put back", () =>
    pool.use(async (app) => {
      await app.other();
      const link = `${app.quadlet}/${app.name}.container`;
      await expectReverted(app, () => app.deployWith("reload", () => app.host.ok(`rm ${link}`)), [
        `reload: ${app.name}.service`,
      ]);
    }));

  it("a unit with another name, and one with another ServiceName=: the old service stops, and its port is free", async () => {
    const app = ground.app("market");
    const unit = (name: string, tag: string, more = "") =>
      app.write(`${name}.container`, `${tinyUnit(name, app.port, `${tiny}:${tag}`)}${more}`);
    unit("market", "v1");
    await app.deployed();
    app.remove("market.container");
    unit("market-store", "v2");
    await app.deployed();
    expect(await app.serves()).toBe("v2");
    unit("market-store", "v1", "[Container]\nServiceName=market-stall\n");
    await app.deployed();
    expect(await app.serves()).toBe("v1");
    expect(
      await ground.host.ok(
        "systemctl show --value -p LoadState -p ActiveState market market-store market-stall",
      ),
    ).toBe("not-found\ninactive\n\nnot-found\ninactive\n\nloaded\nactive\n");
    expect(await ground.host.ok("podman ps --format '{{.Names}}' | grep market")).toBe(
      "market-store\n",
    );
  });

  it("the same again restarts nothing", () =>
    pool.use(async (app) => {
      await app.other();
      await app.deployed();
      const starts = await app.starts();
      const run = await app.deployed();
      expect(run.outputs).toMatchObject({ changed: "false", restarted: "" });
      expect(await app.starts()).toBe(starts);
    }));
});

describe.concurrent("files of others", () => {
  /** A unit that somebody put there by hand, and runs. */
  async function found(app: App): Promise<string> {
    const text = tinyUnit(app.name, app.port, `${tiny}:v1`);
    await app.host.ok(`cat > ${app.quadlet}/${app.name}.container`, { input: text });
    await app.host.ok(`systemctl daemon-reload && systemctl start ${app.name}`);
    return text;
  }

  it("are taken over with `adopt`, kept as a release, and a rollback returns to them", async () => {
    const app = ground.app("heir");
    const theirs = await found(app);
    app.version("v2");
    await expectUntouched(app, () => app.deploy(), [
      `${app.quadlet}/heir.container: files that this app did not put there are in the way`,
      "adopt",
    ]);
    await app.deployed({ adopt: "true" });
    expect(await app.serves()).toBe("v2");
    expect(await app.host.ok(`cat ${app.state}/releases/adopted/heir.container`)).toBe(theirs);
    await app.deployed({ command: "rollback" });
    expect(await app.serves()).toBe("v1");
    expect(await app.host.ok(`cat ${app.quadlet}/heir.container`)).toBe(theirs);
    expect(await app.host.ok(`readlink ${app.state}/current`)).toBe("releases/adopted\n");
  });

  it("that were adopted by a deploy that failed stand there as before", async () => {
    const app = ground.app("orphan");
    const theirs = await found(app);
    app.version("exits");
    await app.host.ok(`mkdir -p ${app.state}/releases`);
    await expectReverted(app, () => app.failing({ adopt: "true" }));
    expect(await app.serves()).toBe("v1");
    const file = `${app.quadlet}/orphan.container`;
    expect(await app.host.ok(`stat -c %F ${file}; cat ${file}`)).toBe(`regular file\n${theirs}`);
  });

  it("of another app side by side: what one leaves behind is not the other's", async () => {
    const [left, right] = [ground.app("leftie"), ground.app("rightie")];
    for (const app of [left, right]) app.version("v1");
    await Promise.all([left.deployed(), right.deployed()]);
    const before = [await right.snapshot(), await right.starts()];
    left.version("exits");
    expect((await left.failing()).code).toBe(1);
    left.version("v2");
    await left.deployed();
    expect([await right.snapshot(), await right.starts()]).toEqual(before);
  });
});

describe.concurrent("units that left the repository", () => {
  it("stay with `prune: false`, and go with the next deploy that prunes; their volumes stay", async () => {
    const app = ground.app("garden");
    app.version("v1");
    app.write(
      "garden-weed.container",
      `[Container]\nImage=${tiny}:v1\nContainerName=garden-weed\nVolume=garden-weed.volume:/data\n`,
    );
    app.write("garden-weed.volume", "[Volume]\nVolumeName=garden-weed\n");
    await app.deployed();
    app.remove("garden-weed.container");
    app.remove("garden-weed.volume");
    app.version("v2");
    await app.deployed({ prune: "false" });
    expect(await app.host.ok("systemctl is-active garden-weed.service")).toBe("active\n");
    expect(await app.host.ok(`cat ${app.quadlet}/garden-weed.container`)).toContain("garden-weed");
    await app.deployed();
    expect((await app.host.exec("systemctl is-active garden-weed")).stdout).toBe("inactive\n");
    expect(await app.host.ok(`ls ${app.quadlet}`)).not.toContain("garden-weed");
    expect(await app.host.ok("podman volume ls --format '{{.Name}}'")).toContain("garden-weed\n");
  });
});

describe.concurrent("a release that fails", () => {
  it("stays with `rollback: false`, to be looked at: red, and said", () =>
    pool.use(async (app) => {
      const before = await app.serves();
      app.version("exits");
      const run = await app.failing({ rollback: "false" });
      expect(run.code).toBe(1);
      expect(run.outputs["rolled-back"]).not.toBe("true");
      for (const shown of [run.log, run.summary])
        expect(shown).toMatch(
          /it runs the new release, which failed, since \\?`rollback\\?` is off/,
        );
      expect(await app.host.ok(`readlink ${app.state}/current`)).toBe(
        `releases/${run.outputs.release}\n`,
      );
      expect(await app.host.ok(`cat ${app.quadlet}/${app.name}.container`)).toContain(":exits");
      app.version(before);
      await app.deployed();
    }));
});

describe.concurrent("releases that were", () => {
  it("are kept as many as `keep-releases` says, and come back through the same gates", async () => {
    const app = ground.app("history", { "keep-releases": "2" });
    const ids: string[] = [];
    for (const [tag, more] of [["v1"], ["v2"], ["ignores-sigterm", "Exec=/usr/bin/serve\n"]]) {
      app.version(tag ?? "", more);
      ids.push((await app.deployed()).outputs.release ?? "");
    }
    const [first = "", second = "", third = ""] = ids;
    expect(await app.host.ok(`ls ${app.state}/releases`)).toBe(`${second}\n${third}\n`);

    const run = await app.deployed({ command: "rollback" });
    expect(run.outputs).toMatchObject({ release: second, "previous-release": third });
    expect(await app.serves()).toBe("v2");

    await expectReverted(
      app,
      () => app.failing({ command: "rollback", to: third, "health-path": "/nothing-there/" }),
      ["answer: HTTP 404"],
    );

    const known = join(app.workspace.path, "known_hosts");
    writeFileSync(known, ground.host.knownHosts);
    const rollback = (...more: string[]) =>
      spawn(
        [
          "dist/cli.cjs",
          ...["rollback", "--app", "history", "--host", `root@${ground.host.address}`],
          ...["--ssh-key", ground.bed.keys.ed25519.path, "--known-hosts", known],
          ...["--stable-for", "0s", ...more],
        ],
        { PATH: process.env.PATH ?? "" },
        app.workspace.path,
      );
    const named = await rollback("--to", third);
    expect(named.code, named.log).toBe(0);
    expect(await app.serves()).toBe("ignores-sigterm");
    const last = await rollback();
    expect(last.code, last.log).toBe(0);
    expect(await app.serves()).toBe("v2");
    const gone = await rollback("--to", first);
    expect(gone.code).toBe(1);
    expect(gone.log).toContain(first);
    expect(await app.serves()).toBe("v2");
  });
});
