import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Cache, filesOf, recipeHash } from "./cache.js";
import { debootstrap, debootstrapArguments, type Suite, type Tree } from "./debootstrap.js";
import { must } from "./process.js";

/** The root file systems that hosts are copied from. */
export type RootName = Suite | "trixie-python";

export const ROOTS: readonly RootName[] = ["trixie", "forky", "bookworm"];

/** Rootless production's user, as the deployment guide has it: a system user. */
export const SENEX = { uid: 987, home: "/opt/senex-trader" };

const BASE = [
  ...["systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "sudo"],
  ...["podman", "crun", "uidmap", "fuse-overlayfs"],
  ...["openssh-server", "iproute2", "curl", "ca-certificates", "procps"],
];
/** What Podman needs for networks, and catatonit for pods. */
const WORKING = ["nftables", "passt", "netavark", "aardvark-dns", "catatonit"];
/** Podman 4.3 of bookworm is there to be refused; it needs nothing that works. */
const SUITES: Record<RootName, Tree> = {
  trixie: { suite: "trixie", packages: [...BASE, ...WORKING] },
  forky: { suite: "forky", packages: [...BASE, ...WORKING] },
  bookworm: { suite: "bookworm", packages: BASE },
  "trixie-python": { suite: "trixie", packages: [...BASE, ...WORKING, "python3", "python3-apt"] },
};

const ENABLED = [
  ...["systemd-networkd.service", "ssh.service"],
  ...["run-testbed-proc.mount", "run-testbed-sys.mount"],
];

/** Units that only cost boot time on a host without a network or hardware of its own. */
const IDLE = [
  ...["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer"],
  ...["e2scrub_all.timer", "systemd-modules-load.service", "systemd-pstore.service"],
  ...["console-getty.service", "getty.target", "ldconfig.service", "sshd-keygen.service"],
];

/** The users of every host; `$1` is the root. Their keys come when a host is made. */
const USERS = String.raw`
chroot "$1" groupadd --gid ${SENEX.uid} senex
chroot "$1" useradd --uid ${SENEX.uid} --gid senex --create-home --home-dir ${SENEX.home} --shell /bin/bash senex
chroot "$1" useradd --uid 1001 --create-home --shell /bin/bash deploy
chroot "$1" useradd --uid 1002 --create-home --shell /bin/bash noroot
for user in senex deploy noroot; do
  # No password, yet not locked: sshd lets the key in.
  chroot "$1" usermod --password '*' "$user"
  # useradd gives ordinary users a range and system users, senex being one, none.
  grep -q "^$user:" "$1/etc/subuid" && continue
  printf '%s:500000:65536\n' "$user" >>"$1/etc/subuid"
  printf '%s:500000:65536\n' "$user" >>"$1/etc/subgid"
done`;

/** Quadlet's manual, whose examples a test reads; others are left out. `$1` is the root. */
const MANUAL = `
dpkg-deb --fsys-tarfile "$1"/var/cache/apt/archives/podman_*.deb |
  tar -x -C "$1" ./usr/share/man/man5/podman-systemd.unit.5.gz`;

/** Where the files that are laid over every root are, under the testbed's sources. */
export function hostFiles(sources: string): string {
  return join(sources, "host");
}

/** The root file system `name`, as a folder to make hosts from. */
export async function root(cache: Cache, sources: string, name: RootName): Promise<string> {
  return cache.entry(`root-${name}`, await rootRecipe(sources, name), async (folder) => {
    await rm(folder, { recursive: true });
    await debootstrap(furnished(sources, name), folder);
    // Each host makes its own identity; none may come from the shared root.
    await must("sh", ["-c", 'rm -f "$0"/etc/ssh/ssh_host_* "$0"/etc/machine-id', folder]);
  });
}

export async function rootRecipe(sources: string, name: RootName): Promise<string> {
  // The files stand for themselves; where they lie is no part of the recipe.
  const tree = furnished("", name);
  return recipeHash(tree.suite, debootstrapArguments(tree), await filesOf(hostFiles(sources)));
}

function furnished(sources: string, name: RootName): Tree {
  const tree = SUITES[name];
  return {
    ...tree,
    after: [
      ...(name === "trixie" || name === "forky" ? [MANUAL] : []),
      USERS,
      `cp -rT --no-preserve=all '${hostFiles(sources)}' "$1"`,
      'chmod 0440 "$1/etc/sudoers.d/testbed"',
      // OpenSSH 9.8 locks out an address after a few refused keys: the tests' own address.
      ...(name === "bookworm"
        ? []
        : ['echo "PerSourcePenalties no" >"$1/etc/ssh/sshd_config.d/testbed.conf"']),
      // The machine's own resolver is out of a host's reach; asking nobody fails at once.
      ': >"$1/etc/resolv.conf"',
      `systemctl --quiet --root="$1" enable ${ENABLED.join(" ")}`,
      `systemctl --quiet --root="$1" mask ${IDLE.join(" ")}`,
      'rm -rf "$1/var/cache/apt" "$1/var/lib/apt/lists"',
    ],
  };
}
