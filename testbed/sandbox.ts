import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { AnsibleSuite } from "./ansible.js";
import type { Cache } from "./cache.js";
import { Lock } from "./lock.js";
import { NETWORK_SETUP } from "./network.js";
import { run } from "./process.js";
import type { RootName } from "./roots.js";

/** What code inside a sandbox finds in its environment: the folder of its run. */
const VARIABLE = "QUADLET_DEPLOY_TESTBED";

/** What the sandbox's code can use, by path; written into the run's folder. */
export interface Supplies {
  readonly roots: Partial<Record<RootName, string>>;
  /** Trees with nothing but Ansible, where tests or the benchmark asked for them. */
  readonly ansible: Partial<Record<AnsibleSuite, string>>;
  /** The storage of a registry that has the images. */
  readonly registry: string;
}

export function insideSandbox(): boolean {
  return process.env[VARIABLE] !== undefined;
}

/** The run's folder and supplies, for code inside a sandbox. */
export async function enclosing(): Promise<{ folder: string; supplies: Supplies }> {
  const folder = process.env[VARIABLE];
  if (folder === undefined || !existsSync(join(folder, "supplies.json")))
    throw new Error(
      "not inside a testbed; start this with `node dist/testbed.cjs run -- COMMAND…`",
    );
  const supplies: Supplies = JSON.parse(await readFile(join(folder, "supplies.json"), "utf8"));
  return { folder, supplies };
}

/**
 * Runs a command in a network, a mount and a process namespace of its own, with the bridge
 * up, and answers with its exit code. Whatever it starts ends with it, and with us, even by
 * SIGKILL: then the next run sweeps away the folder.
 */
export async function runInSandbox(
  cache: Cache,
  supplies: Supplies,
  command: readonly string[],
): Promise<number> {
  const runs = join(cache.folder, "runs");
  await mkdir(runs, { recursive: true });
  await sweep(runs);
  const folder = await mkdtemp(join(runs, "run-"));
  try {
    await writeFile(join(folder, "supplies.json"), JSON.stringify(supplies));
    const child = spawn("setpriv", enclosed(folder, cache.inUse, command), {
      stdio: "inherit",
      env: { ...process.env, [VARIABLE]: folder },
    });
    const pass = (signal: NodeJS.Signals) => void signalInner(child.pid, signal);
    for (const signal of PASSED_ON) process.on(signal, pass);
    try {
      return await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code) => resolve(code ?? 137));
      });
    } finally {
      for (const signal of PASSED_ON) process.off(signal, pass);
    }
  } finally {
    await discard(folder);
  }
}

const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * setpriv makes the chain die with us, the first lock marks the folder as in use, the second
 * keeps the cache from being pruned; both are held by everything in the sandbox. tini is
 * process 1 in there: it passes signals on, as a plain command in its place would not.
 */
function enclosed(folder: string, inUse: string, command: readonly string[]): string[] {
  return [
    ...["--pdeathsig", "KILL"],
    ...["flock", "--no-fork", lockOf(folder)],
    ...["flock", "--no-fork", "--shared", inUse],
    ...["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
    ...["tini", "--", "sh", "-ec", `${SETUP}exec "$@"`, "testbed", ...command],
  ];
}

const HOSTS = "hosts";

/**
 * Hosts get a file system of their own, in a file that has no name any more: removing them is
 * cheap, and they have a journal, without which ext4 is slow to make files soon after others were
 * removed (`recently_deleted` in its ialloc.c). Where there are no loop devices they do without.
 */
const HOSTS_SETUP = `
hosts="$${VARIABLE}/${HOSTS}"
mkdir "$hosts"
{
  truncate --size 64G "$hosts.ext4" &&
    mkfs.ext4 -q -E nodiscard "$hosts.ext4" &&
    mount -o loop,discard,noinit_itable "$hosts.ext4" "$hosts"
} 2>/dev/null || true
rm -f "$hosts.ext4"
`;

/**
 * systemd-nspawn keeps its propagation folders in /run, named by machine: these stay ours. It
 * makes its network addresses from the machine's id, which a container may not have.
 */
const MOUNTS = `
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=0755 tmpfs /run/systemd/nspawn
if ! [ -s /etc/machine-id ]; then
  systemd-id128 new >"$${VARIABLE}/machine-id"
  [ -e /etc/machine-id ] || : >/etc/machine-id
  mount --bind "$${VARIABLE}/machine-id" /etc/machine-id
fi
`;

const SETUP = `${HOSTS_SETUP}${MOUNTS}${NETWORK_SETUP}`;

function lockOf(folder: string): string {
  return join(folder, "lock");
}

/** unshare blocks the signals it gets; the process it waits for is the one to tell. */
async function signalInner(unshare: number | undefined, signal: NodeJS.Signals): Promise<void> {
  const children = await readFile(`/proc/${unshare}/task/${unshare}/children`, "utf8");
  for (const child of children.split(" ").filter(Boolean)) process.kill(Number(child), signal);
}

/** Milliseconds. */
const JUST_MADE = 10_000;

/** Removes what runs left behind that could not clean up after themselves. */
async function sweep(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const folder = join(runs, name);
    // One that is just being made has not taken its lock yet.
    if (Date.now() - (await stat(folder)).mtimeMs < JUST_MADE) continue;
    await using lock = await Lock.attempt(lockOf(folder)).catch(() => undefined);
    if (lock) await discard(folder);
  }
}

async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const tree of cgroupTrees()) {
    const group = join(tree, cgroupOf(folder));
    // Only folders can be removed in there, the deepest first. One whose processes are just
    // dying is busy for a moment.
    for (let tries = 0; existsSync(group) && tries < 20; tries++) {
      await run("find", [group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]);
      if (existsSync(group)) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where the hosts of a run have their folders; there as soon as the sandbox is. */
export function hostsFolder(folder: string): string {
  return join(folder, HOSTS);
}

/** The control group of a run, relative to the tree's root. */
export function cgroupOf(folder: string): string {
  return `quadlet-deploy-${basename(folder)}`;
}

/** The unified tree, on a machine that has only it or both. */
export function unifiedTree(): string {
  const hybrid = "/sys/fs/cgroup/unified";
  return existsSync(hybrid) ? hybrid : "/sys/fs/cgroup";
}

/** Every tree in which systemd-nspawn makes folders: it mirrors them into its legacy one. */
function cgroupTrees(): string[] {
  return [unifiedTree(), "/sys/fs/cgroup/systemd"];
}
