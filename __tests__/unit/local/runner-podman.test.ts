import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askRunnersPodman } from "../../../src/local/runner-podman.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}`);
  chmodSync(path, 0o755);
  return path;
}

const web = {
  place: "quadlet" as const,
  path: "web.container",
  content: "[Container]\nImage=r.io/x:1\n",
  source: "repo/web.container",
};

test("a machine without Podman says nothing, which is not that all is well", async () => {
  const nowhere = { generators: [join(folder, "none")], verifier: "false" };
  expect(await askRunnersPodman([web], "rootful", nowhere)).toBeUndefined();
});

test("the generator reads the units as they are rendered, and nothing of them stays", async () => {
  const left = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith("quadlet-deploy-check"));
  const before = left();
  const generator = program(
    "quadlet",
    `cat "$QUADLET_UNIT_DIRS/web.container" >'${folder}/read'
echo "$@" >>'${folder}/read'
echo 'converting "web.container": no' >&2
exit 1
`,
  );
  const found = await askRunnersPodman([web], "rootless", {
    generators: [join(folder, "none"), generator],
    verifier: join(folder, "none"),
  });
  expect(found?.map(({ message }) => message)).toEqual([
    "the runner's own Podman does not take web.container: no",
  ]);
  expect(readFileSync(join(folder, "read"), "utf8")).toBe(`${web.content}-dryrun -user\n`);
  expect(left()).toEqual(before);
});

test("a machine without systemd-analyze still has its generator", async () => {
  const generator = program("quadlet", "echo '---web.service---'; echo '[Service]'\n");
  expect(
    await askRunnersPodman([web], "rootful", {
      generators: [generator],
      verifier: join(folder, "none"),
    }),
  ).toEqual([]);
});
