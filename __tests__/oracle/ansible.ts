/** Debian's two Ansibles, each in a tree of its own: the judges of templates and inventories. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { AnsibleSuite } from "../../testbed/ansible.js";
import { enclosing } from "../../testbed/sandbox.js";

export type Version = "2.14" | "2.19";

const SUITES: Record<Version, AnsibleSuite> = { "2.14": "bookworm", "2.19": "trixie" };

/** The one that is followed where they differ. */
export const NEWER: Version = "2.19";
export const OLDER: Version = "2.14";

/** Nothing is written to the tree: what the scripts write goes where it ends with them. */
const ENTER = `
mount --bind "$2" "$1/mnt"
mount -t tmpfs tmpfs "$1/tmp"
mount --rbind /dev "$1/dev"
mount --rbind /proc "$1/proc"
exec chroot "$1" env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
  python3 -B -W ignore "/mnt/$3"`;

/** What a script, of this folder if of no other, makes of an input, run by that Ansible's Python. */
export async function ask<T>(
  version: Version,
  script: string,
  input: string,
  folder = new URL(".", import.meta.url).pathname,
): Promise<T> {
  const { supplies } = await enclosing();
  const tree = supplies.ansible[SUITES[version]];
  if (tree === undefined)
    throw new Error(`Ansible ${version} is not installed; run this \`--with tests\``);
  const child = spawn("unshare", ["--mount", "sh", "-ec", ENTER, "sh", tree, folder, script]);
  child.stdin.on("error", () => {}).end(input);
  const [code, out, errors] = await Promise.all([
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    }),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code !== 0) throw new Error(`Ansible ${version} and ${script}: ${errors}`);
  return JSON.parse(out);
}
