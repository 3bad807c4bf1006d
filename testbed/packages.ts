import { must, run } from "./process.js";

/** Debian packages of the machine that the testbed runs on; all in bookworm and trixie. */
const PACKAGES = [
  "mmdebstrap",
  "systemd-container",
  "e2fsprogs",
  "iproute2",
  "openssh-client",
  "docker-registry",
  "busybox-static",
  "tini",
];

/**
 * What one may want beside the usual: `ansible` is a host that Ansible can manage and Ansible to
 * manage it with, `tests` what the project's tests and checks call. Both bring the trees of `ansible.ts`.
 */
export type Extra = "ansible" | "tests";

/** What the extras need beside them. */
const EXTRA_PACKAGES: Readonly<Record<Extra, readonly string[]>> = {
  ansible: ["ansible-core"],
  tests: ["shellcheck"],
};

export async function missingPackages(extras: readonly Extra[]): Promise<string[]> {
  const wanted = [...new Set([...PACKAGES, ...extras.flatMap((extra) => EXTRA_PACKAGES[extra])])];
  const { stdout } = await run("dpkg-query", [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    ...["--show", "--showformat=${Package} ${db:Status-Status}\\n"],
    ...wanted,
  ]);
  const installed = new Set(
    stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

export async function installPackages(names: readonly string[]): Promise<void> {
  // Offline, systemctl starts nothing: the registry is wanted as a program, not as a service.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", SYSTEMD_OFFLINE: "1" };
  await must("apt-get", ["update", "--quiet=2"], { env });
  await must("apt-get", ["install", "--quiet=2", "--yes", "--no-install-recommends", ...names], {
    env,
  });
  if (names.includes("docker-registry"))
    await run("systemctl", ["disable", "--quiet", "docker-registry.service"], { env });
}
