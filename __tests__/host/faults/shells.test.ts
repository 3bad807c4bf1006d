import { afterAll, beforeAll, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { must } from "../../../testbed/process.js";
import { tinyUnit } from "../support.js";
import { App, expectReverted } from "./support.js";

/** A host whose /bin/sh is BusyBox's ash; on Debian's own hosts it is dash. */

let bed: Bed;
let host: Host;
let image: string;
let app: App;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
  await must("cp", ["/bin/busybox", `${host.root}/usr/local/bin/busybox`]);
  await host.ok("ln -sfn /usr/local/bin/busybox /usr/bin/sh.new && mv -T /usr/bin/sh.new /bin/sh");
  app = new App(bed, host, "ash");
});

afterAll(async () => {
  app[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

async function serves(): Promise<string> {
  return (await host.ok("curl -s http://127.0.0.1:8701/")).trim();
}

it("BusyBox's ash deploys, puts back what is broken, and rolls back", async () => {
  expect(await host.ok("sh --help 2>&1")).toContain("BusyBox");
  const version = (tag: string) =>
    app.write("ash.container", tinyUnit("ash", 8701, `${image}:${tag}`));
  version("v1");
  await app.deployed();
  version("v2");
  await app.deployed({ env: "GREETING=hello" });
  expect(await serves()).toBe("v2");
  version("exits");
  await expectReverted(app, () => app.deploy());
  await app.deployed({ command: "rollback" });
  expect(await serves()).toBe("v1");
});

it("BusyBox's ash is the guard's shell as well", async () => {
  app.write("ash.container", tinyUnit("ash", 8701, `${image}:v2`));
  await expectReverted(app, async () => {
    const run = await app.deployWith("restart", () =>
      host.ok("systemctl kill -s KILL quadlet-deploy@ash.service"),
    );
    await app.settled();
    return run;
  });
});
