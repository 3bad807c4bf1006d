import { rm } from "node:fs/promises";
import { type Cache, recipeHash } from "./cache.js";
import { debootstrap, debootstrapArguments, type Tree } from "./debootstrap.js";

/** The Debian releases whose ansible-core judges templates and inventories. */
export type AnsibleSuite = "bookworm" | "trixie";

export const ANSIBLES: readonly AnsibleSuite[] = ["bookworm", "trixie"];

/**
 * Of Debian's collections the one whose filters we have, and the one under whose name 2.14 knows
 * them as well, without the 250 MB that the others take: the package is unpacked in part.
 */
const COLLECTIONS = `
  in=./usr/lib/python3/dist-packages/ansible_collections/ansible
  cd "$1/tmp"
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --quiet --quiet download ansible
  dpkg-deb --fsys-tarfile ansible_*.deb |
    tar -x -C "$1" "$in/utils" "$in/netcommon"
  rm ansible_*.deb`;

/** Ansible alone, to be run in a chroot: whatever Debian the machine has, both are there. */
function tree(suite: AnsibleSuite): Tree {
  return {
    suite,
    packages: ["ansible-core", "python3-netaddr", "python3-passlib"],
    after: [`set -e ${COLLECTIONS}`, 'rm -rf "$1/var/cache/apt" "$1/var/lib/apt/lists"'],
  };
}

export function ansibleRecipe(suite: AnsibleSuite): string {
  return recipeHash(suite, debootstrapArguments(tree(suite)));
}

/** A folder to change the root to, with Ansible in it. */
export async function ansibleTree(cache: Cache, suite: AnsibleSuite): Promise<string> {
  return cache.entry(`ansible-${suite}`, ansibleRecipe(suite), async (folder) => {
    await rm(folder, { recursive: true });
    await debootstrap(tree(suite), folder);
  });
}
