import { rm } from "node:fs/promises";
import { type Cache, recipeHash } from "./cache.js";
import { debootstrap, debootstrapArguments, type Tree } from "./debootstrap.js";

/** The Debian releases whose ansible-core judges templates and inventories. */
export type AnsibleSuite = "bookworm" | "trixie";

export const ANSIBLES: readonly AnsibleSuite[] = ["bookworm", "trixie"];

/** Ansible alone, to be run in a chroot: whatever Debian the machine has, both are there. */
function tree(suite: AnsibleSuite): Tree {
  return {
    suite,
    packages: ["ansible-core"],
    after: ['rm -rf "$1/var/cache/apt" "$1/var/lib/apt/lists"'],
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
