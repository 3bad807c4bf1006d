/** What a runner's own Podman and systemd say, by those of Debian's roots in its place. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askRunnersPodman, type Programs } from "../../src/local/runner-podman.js";
import type { File } from "../../src/quadlet/services.js";
import { enclosing } from "../../testbed/sandbox.js";

const folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-runner-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * A program of a root, as if it were this machine's: it sees this machine's temporary files, and
 * leaves none in the root, of which hosts are made.
 */
function within(root: string, program: string): string {
  const path = join(folder, `${root.split("/").at(-1)}-${program.split("/").at(-1)}`);
  const enter = `mount --bind "${tmpdir()}" "$0/tmp"; mount -t tmpfs tmpfs "$0/run"; exec chroot "$0" ${program} "$@"`;
  writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -ec '${enter}' '${root}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

const file = (path: string, content: string): File => ({
  place: path.endsWith(".conf") && path.includes(".service.d/") ? "systemd" : "quadlet",
  path,
  content,
  source: path,
});

describe.each(["trixie", "forky"] as const)("of %s", (suite) => {
  let programs: Programs;

  beforeAll(async () => {
    const { supplies } = await enclosing();
    const root = supplies.roots[suite];
    if (root === undefined) throw new Error(`${suite} is not installed`);
    programs = {
      generators: [within(root, "/usr/libexec/podman/quadlet")],
      verifier: within(root, "/usr/bin/systemd-analyze"),
    };
  });

  const ask = async (scope: "rootful" | "rootless", ...files: readonly File[]) =>
    (await askRunnersPodman(files, scope, programs))?.map(
      ({ rule, path, line }) => `${rule} ${path}:${line ?? ""}`,
    );

  test.each(["rootful", "rootless"] as const)(
    "%s units that are well raise nothing",
    async (scope) => {
      expect(
        await ask(
          scope,
          file(
            "web.container",
            "[Unit]\nAfter=db.service elsewhere.service\n[Container]\nImage=r.io/x:1\nNetwork=shop.network\nVolume=data.volume:/d\n[Service]\nRestart=always\nTimeoutStartSec=90\n[Install]\nWantedBy=default.target\n",
          ),
          file("db.container", "[Container]\nImage=r.io/db:1\nPod=shop.pod\n"),
          file("shop.pod", "[Pod]\n"),
          file("shop.network", "[Network]\n"),
          file("data.volume", "[Volume]\n"),
          file("web.service.d/a.conf", "[Service]\nCPUQuota=50%\n"),
        ),
      ).toEqual([]);
    },
  );

  test.each(["rootful", "rootless"] as const)("%s, each complaint at its line", async (scope) => {
    expect(
      await ask(
        scope,
        file("a.container", "[Container]\nImage=r.io/x:1\nPublishPorts=80:80\n"),
        file("b.container", "[Container]\nImage=r.io/x:1\nNetwork=nope.network\n"),
        file("c.container", "[Container]\nImage=r.io/x:1\n\n[Service]\nRestartSec=soon\nFoo=1\n"),
        file("c.service.d/x.conf", "# hm\n[Service]\nMemoryMax=lots\n"),
      ),
    ).toEqual([
      "runner-podman a.container:3",
      "runner-podman b.container:3",
      "runner-systemd c.container:5",
      "runner-systemd c.container:6",
      "runner-systemd systemd/c.service.d/x.conf:3",
    ]);
  });

  test("one line that is none takes every unit away", async () => {
    expect(
      await ask(
        "rootful",
        file("a.container", "[Container]\nImage=r.io/x:1\nnonsense\n"),
        file("b.container", "[Container]\nImage=r.io/x:1\nPublishPorts=80:80\n"),
      ),
    ).toEqual(["runner-podman a.container:3"]);
  });
});
