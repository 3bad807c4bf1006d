/** Where Podman's generators look for what a unit names beside itself, when the unit is a link. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { enclosing } from "../../testbed/sandbox.js";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-companions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const release = {
  "web.container":
    "[Container]\nImage=r.io/x:1\nVolume=./conf:/etc/shop\nMount=type=bind,source=./conf/deep,destination=/d\nEnvironmentFile=web.env\n",
  "shop.kube": "[Kube]\nYaml=shop.yml\nConfigMap=./map.yml\n",
  "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=./ctx\n",
  "conf/deep/a.conf": "a",
  "ctx/Containerfile": "FROM scratch",
  "web.env": "A=1",
  "shop.yml": "",
  "map.yml": "",
};

test.each(["trixie", "forky"] as const)("%s: beside the link", async (suite) => {
  const { supplies } = await enclosing();
  const root = supplies.roots[suite];
  if (root === undefined) throw new Error(`${suite} is not installed`);
  const base = join(folder, suite);
  for (const [path, text] of Object.entries(release)) {
    const file = join(base, "state/current", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  mkdirSync(join(base, "systemd"));
  for (const name of new Set(Object.keys(release).map((path) => path.split("/")[0] ?? ""))) {
    symlinkSync(`../state/current/${name}`, join(base, "systemd", name));
  }
  const enter = `mount --bind "$2" "$1/mnt"; exec chroot "$1" env QUADLET_UNIT_DIRS=/mnt/systemd /usr/libexec/podman/quadlet -dryrun`;
  const { stdout } = await run("unshare", ["--mount", "sh", "-ec", enter, "sh", root, base]);
  for (const expected of [
    "-v /mnt/systemd/conf:/etc/shop ",
    "source=/mnt/systemd/conf/deep,",
    "--env-file /mnt/systemd/web.env ",
    "kube play --replace --service-container=true --configmap /mnt/systemd/map.yml /mnt/systemd/shop.yml\n",
    "WorkingDirectory=/mnt/systemd\n",
    "build --tag localhost/web:1 ./ctx\n",
  ]) {
    expect(stdout).toContain(expected);
  }
});
