import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import {
  access,
  frontPage,
  type Inputs,
  places,
  runAction,
  stack,
  templates,
  tinyUnit,
  untilTicking,
  Workspace,
} from "./support.js";

/** What changes from one deploy to the next, on one host. */

const { quadlet, state } = places.rootful;

let bed: Bed;
let host: Host;
let registry: string;

beforeAll(async () => {
  bed = await Bed.open();
  registry = (await bed.registry()).address;
  host = await bed.boot();
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

async function deploy(workspace: Workspace, inputs: Inputs = {}) {
  return runAction({ ...access(bed, host, "root"), ...inputs }, workspace);
}

async function invocation(service: string): Promise<string> {
  return (await host.ok(`systemctl show --value -p InvocationID ${service}`)).trim();
}

describe("the stack", () => {
  it("goes from v1 to v2 by its tag alone, and leaves the database running", async () => {
    using workspace = new Workspace();
    const first = await deploy(workspace, stack("v1"));
    expect(first.code, first.log).toBe(0);
    expect(await untilTicking(host)).toMatchObject({ version: "v1" });
    const database = await invocation("postgres.service");

    const second = await deploy(workspace, stack("v2"));
    expect(second.code, second.log).toBe(0);
    expect(second.outputs.restarted?.split(" ").sort()).toEqual([
      "celery-beat.service",
      "celery-worker.service",
      "web.service",
    ]);
    expect(second.outputs["previous-release"]).toBe(first.outputs.release);
    expect(await untilTicking(host)).toMatchObject({ version: "v2" });
    expect(await invocation("postgres.service")).toBe(database);
    expect(await host.ok("podman ps --format '{{.Names}} {{.Image}}' | sort")).toContain(
      `web ${REGISTRY}/senex/senex-trader:v2`,
    );
  });

  it("ends red with the answer and the journal when the application is not healthy", async () => {
    using workspace = new Workspace();
    const run = await deploy(workspace, { ...stack("v3-broken"), "health-timeout": "8s" });
    expect(run.code).toBe(1);
    expect(run.log).toMatch(/health: web\.service: the application did not become healthy in time/);
    for (const shown of [run.log, run.summary]) {
      expect(shown).toContain("answer: HTTP 500");
      expect(shown).toContain('"version": "v3-broken"');
      expect(shown).toContain("journal of web.service:");
      expect(shown).toContain("ImproperlyConfigured");
    }
    expect(run.outputs).toMatchObject({
      healthy: "false",
      "health-status": "500",
      "rolled-back": "true",
    });
    expect(run.summary).toMatch(/it was put back to .* within .* s, which is healthy again/);
    expect(await untilTicking(host)).toMatchObject({ version: "v2" });
  });

  it("has nothing to do when v2 is deployed again", async () => {
    using workspace = new Workspace();
    const run = await deploy(workspace, stack("v2"));
    expect(run.code, run.log).toBe(0);
    expect(await frontPage(host)).toMatchObject({ version: "v2" });
  });

  it("shows no secret anywhere but where it belongs", async () => {
    using workspace = new Workspace();
    const run = await deploy(workspace, {
      ...stack("v2"),
      env: `${stack("v2").env}\nNEW=canary-new`,
    });
    expect(run.code, run.log).toBe(0);
    const shown = [
      run.log.replace(/^::add-mask::.*$/gm, ""),
      run.summary,
      JSON.stringify(run.outputs),
    ];
    for (const text of shown) expect(text).not.toMatch(/canary|PRIVATE KEY/);
    expect(await host.ok(`grep -rl canary ${state} ${quadlet}`)).toMatch(
      /^(\/etc\/containers\/\S+\/\.env\n)+$/,
    );
    expect(await host.ok(`find ${state} -name .env -perm /077`)).toBe("");
    expect(await host.ok("grep -rl canary /tmp /var/tmp /etc/systemd 2>/dev/null || true")).toBe(
      "",
    );
  });

  it("comes back by itself after a reboot", async () => {
    await host.reboot();
    await expect
      .poll(() => frontPage(host).catch(() => undefined), { timeout: 60_000, interval: 500 })
      .toMatchObject({ version: "v2" });
    expect(await untilTicking(host)).toMatchObject({ version: "v2" });
    await host.ok("systemctl stop web celery-worker celery-beat postgres redis");
  });
});

describe("files", () => {
  const app = { app: "files" };
  const unit = (name: string) => `${templates}/${name}.container`;

  it("of the overrides replace those of the templates, and removed ones stop", async () => {
    using workspace = new Workspace({
      [unit("one")]: tinyUnit("one", 8101, `${registry}/tiny:v1`),
      [unit("two")]: "[Container]\nImage=never-used\n",
      "config/ansible/templates/quadlet/two.container.j2": tinyUnit(
        "two",
        8102,
        "{{ registry }}/tiny:{{ image_tag }}",
      ),
    });
    const inputs = {
      ...app,
      variables: `registry: ${registry}\nimage_tag: v2`,
      "health-url": "http://127.0.0.1:8102/health/",
    };
    const both = await deploy(workspace, inputs);
    expect(both.code, both.log).toBe(0);
    expect(both.log).toContain(
      "+ two.container  (config/ansible/templates/quadlet/two.container.j2)",
    );
    expect(await host.ok("curl -s http://127.0.0.1:8102/health/")).toContain("v2");

    workspace.remove(unit("one"));
    const one = await deploy(workspace, inputs);
    expect(one.code, one.log).toBe(0);
    expect(one.log).toContain("stop one.service: one.container is no longer part of the release");
    expect(one.outputs.restarted).toBe("");
    expect(await host.ok("systemctl show -p LoadState -p ActiveState one.service")).toBe(
      "LoadState=not-found\nActiveState=inactive\n",
    );
    expect(await host.ok(`ls ${quadlet}`)).not.toContain("one.container");
  });

  it("edited on the host are put back, with a warning, and the edit is kept", async () => {
    using workspace = new Workspace({
      [unit("two")]: tinyUnit("two", 8102, `${registry}/tiny:v1`),
    });
    const first = await deploy(workspace, app);
    expect(first.code, first.log).toBe(0);
    await host.ok(`echo '# by hand' >> ${quadlet}/two.container`);
    const second = await deploy(workspace, app);
    expect(second.code, second.log).toBe(0);
    expect(second.log).toContain("warning: two.container was edited on the host");
    expect(second.outputs.restarted).toBe("two.service");
    expect(await host.ok(`cat ${quadlet}/two.container`)).not.toContain("by hand");
    expect(
      await host.ok(`cat ${state}/files/releases/${first.outputs.release}/two.container`),
    ).toContain("by hand");
  });

  it("whose image moved under the same tag restart", async () => {
    using workspace = new Workspace({
      [unit("two")]: tinyUnit("two", 8102, `${registry}/tiny:moving`),
    });
    const move = (tag: string) =>
      host.ok(
        `podman pull -q ${registry}/tiny:${tag} && podman tag ${registry}/tiny:${tag} ${registry}/tiny:moving && podman push -q ${registry}/tiny:moving && podman untag ${registry}/tiny:moving`,
      );
    await move("v1");
    const first = await deploy(workspace, app);
    expect(first.code, first.log).toBe(0);
    await move("v2");
    const second = await deploy(workspace, app);
    expect(second.code, second.log).toBe(0);
    expect(second.outputs).toMatchObject({
      restarted: "two.service",
      release: first.outputs.release,
    });
    expect(second.summary).toContain("its tag names a new image");
    expect(await host.ok("curl -s http://127.0.0.1:8102/health/")).toContain("v2");
  });

  it("of two apps live side by side, but not in each other's place", async () => {
    using mine = new Workspace({ [unit("two")]: tinyUnit("two", 8102, `${registry}/tiny:v1`) });
    using theirs = new Workspace({
      [unit("three")]: tinyUnit("three", 8103, `${registry}/tiny:v1`),
    });
    expect((await deploy(mine, app)).code).toBe(0);
    const other = await deploy(theirs, { app: "others", "health-from": "both" });
    expect(other.code, other.log).toBe(0);
    expect(await host.ok("systemctl is-active two three")).toBe("active\nactive\n");

    // A file has one place in a directory, and the first app to come owns it.
    const clash = await deploy(theirs, { app: "others", env: "KEY=value" });
    expect(clash.code).toBe(1);
    expect(clash.log).toContain(`plan: ${quadlet}/.env: files that this app did not put there`);
    const own = `${quadlet}/others`;
    const apart = await deploy(theirs, { app: "others", env: "KEY=value", "quadlet-dir": own });
    expect(apart.code, apart.log).toBe(0);
    expect(await host.ok(`readlink ${own}/three.container; ls ${quadlet}`)).toMatch(
      /^\.\.\/\.\.\/quadlet-deploy\/others\/current\/three\.container\n(?!.*three\.container)/s,
    );
  });
});

describe(".env", () => {
  it("keeps the keys of the host that nothing names, with their comments, and never shows them", async () => {
    await using fresh = await bed.boot();
    await fresh.ok(
      `printf '# rotated in spring\\nOPERATOR_KEY=canary-of-operator\\nIMAGE_TAG=old\\n' > ${quadlet}/.env`,
    );
    using workspace = new Workspace({
      [`${templates}/tiny.container`]: `${tinyUnit("tiny", 8080, `${registry}/tiny:\${IMAGE_TAG}`)}\n[Container]\nEnvironmentFile=${quadlet}/.env\n`,
    });
    const run = await runAction({ ...access(bed, fresh, "root"), "image-tag": "v1" }, workspace);
    expect(run.code, run.log).toBe(0);
    expect(run.log).toContain(".env sets IMAGE_TAG; keeps OPERATOR_KEY");
    expect(run.log).not.toContain("canary-of-operator");
    expect(await fresh.ok(`cat ${quadlet}/.env`)).toBe(
      "IMAGE_TAG=v1\n# rotated in spring\nOPERATOR_KEY=canary-of-operator\n",
    );
    expect(await fresh.ok(`cat ${state}/senex-trader/before/.env`)).toContain("IMAGE_TAG=old");

    // Podman and systemd read the same from it, and the container has what the operator set.
    expect(await fresh.ok("podman exec tiny env")).toContain("OPERATOR_KEY=canary-of-operator");
    const again = await runAction({ ...access(bed, fresh, "root"), "image-tag": "v1" }, workspace);
    expect(again.outputs.changed, again.log).toBe("false");
  });
});
