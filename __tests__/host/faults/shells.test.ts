import { afterAll, beforeAll, expect, it } from "vitest";
import { must } from "../../../testbed/process.js";
import { type App, expectReverted, Ground } from "./support.js";

/** A host whose /bin/sh is BusyBox's ash; on Debian's own hosts it is dash. */

let ground: Ground;
let app: App;

beforeAll(async () => {
  ground = await Ground.open();
  const { host } = ground;
  await must("cp", ["/bin/busybox", `${host.root}/usr/local/bin/busybox`]);
  await host.ok("ln -sfn /usr/local/bin/busybox /bin/sh.new && mv -T /bin/sh.new /bin/sh");
  app = ground.app("ash");
});

afterAll(() => ground[Symbol.asyncDispose]());

it("BusyBox's ash deploys, puts back what is broken, and rolls back", async () => {
  expect(await ground.host.ok("/bin/sh --help 2>&1")).toContain("BusyBox");
  app.version("v1");
  await app.deployed();
  app.version("v2");
  await app.deployed({ env: "GREETING=hello" });
  expect(await app.serves()).toBe("v2");
  app.version("exits");
  await expectReverted(app, () => app.failing());
  await app.deployed({ command: "rollback" });
  expect(await app.serves()).toBe("v1");
});

it("BusyBox's ash is the guard's shell as well", async () => {
  app.version("v2");
  await expectReverted(app, async () => {
    const run = await app.deployWith("restart", () =>
      ground.host.ok("systemctl kill -s KILL quadlet-deploy@ash.service"),
    );
    await app.settled();
    return run;
  });
});
