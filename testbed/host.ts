import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join, relative } from "node:path";
import type { Suite } from "./debootstrap.js";
import { BRIDGE, hostAddresses, hostNetwork } from "./network.js";
import { CommandFailed, must, type Result, run, until } from "./process.js";
import { type RootName, SENEX } from "./roots.js";

export interface BootOptions {
  /** Which root file system; `trixie` when left out. */
  readonly suite?: RootName;
  /** Its host name; `hostN` when left out. */
  readonly name?: string;
  /** Whether senex's user manager runs without a login; true when left out. */
  readonly linger?: boolean;
  /** false moves the podman binary away. */
  readonly podman?: boolean;
}

/** The users of every host; each lets the bed's keys in. */
export type User = "root" | "senex" | "deploy" | "noroot";

export interface ExecOptions {
  /** Who runs it; root when left out. Another user gets a login session, with its manager. */
  readonly user?: User;
  /** Text for its standard input. */
  readonly input?: string;
  /** Milliseconds; 120 000 when left out. The code is 124 when they are up. */
  readonly timeout?: number;
}

/** What a host is made of, before it first boots. */
export interface HostParts {
  /** The host's own folder; its root file system is `root` in there. */
  readonly folder: string;
  /** Its number on the bridge. */
  readonly number: number;
  /** The root file system to make it from. */
  readonly image: string;
  readonly authorizedKeys: string;
  /** An absolute path in the unified tree, under which it gets its control group. */
  readonly cgroup: string;
}

/** A machine with systemd, podman and sshd, in a container of systemd-nspawn. */
export class Host implements AsyncDisposable {
  readonly address: string;
  readonly address6: string;
  readonly suite: Suite;
  /** Its root file system, to look at or change from outside. */
  readonly root: string;
  /** Lines for a known_hosts file: each of its keys, for its addresses, on port 22. */
  knownHosts = "";
  /** `SHA256:…` by type: `ed25519`, `ecdsa`, `rsa`. */
  fingerprints: Readonly<Record<string, string>> = {};
  private nspawn: ChildProcess | undefined;
  private end: Promise<void> | undefined;
  /** Process 1 of the host, as seen from here. */
  private leader = 0;

  private constructor(
    readonly name: string,
    private readonly parts: HostParts,
    suite: Suite,
  ) {
    ({ address: this.address, address6: this.address6 } = hostAddresses(parts.number));
    this.root = join(parts.folder, "root");
    this.suite = suite;
  }

  /** Makes the host's file system and boots it. */
  static async make(parts: HostParts, options: BootOptions): Promise<Host> {
    const suite = suiteOf(options.suite ?? "trixie");
    const host = new Host(options.name ?? `host${parts.number - 1}`, parts, suite);
    await host.makeRoot();
    try {
      await host.furnish(options);
      await host.start();
    } catch (error) {
      const console = await readFile(host.console, "utf8").catch(() => "");
      await host[Symbol.asyncDispose]();
      throw new Error(`${host.name} did not boot\n${console.slice(-2000)}`, { cause: error });
    }
    return host;
  }

  /** What its console showed since it was made. */
  get console(): string {
    return join(this.parts.folder, "console.log");
  }

  get running(): boolean {
    return this.nspawn !== undefined;
  }

  /** Boots it from its root file system as that is. Resolves when sshd and the units are up. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.name} is running`);
    this.launch();
    await this.up();
  }

  /** Shuts it down in good order. */
  async stop(): Promise<void> {
    const { nspawn } = this;
    if (nspawn === undefined) return;
    nspawn.kill("SIGTERM");
    const late = setTimeout(() => this.cut(), ORDERLY_SHUTDOWN);
    await this.down(nspawn);
    clearTimeout(late);
  }

  /** Cuts its power: every process is gone at once, without a word to anybody. */
  async powerOff(): Promise<void> {
    const { nspawn } = this;
    if (nspawn === undefined) return;
    this.cut();
    await this.down(nspawn);
  }

  /** Restarts it in good order, as `systemctl reboot` does; resolves when it is up again. */
  async reboot(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /**
   * Runs a shell command on the host without any network: it works while sshd is down.
   * A user other than root gets what a login gives: a session and XDG_RUNTIME_DIR.
   */
  async exec(command: string, options: ExecOptions = {}): Promise<Result> {
    if (!this.running) throw new Error(`${this.name} is not running`);
    const user = options.user ?? "root";
    // A session's own environment comes from PAM; root needs none to talk to the system.
    const inside =
      user === "root"
        ? ["sh", "-c", `cd; ${command}`]
        : ["runuser", "--login", user, "-c", command];
    const timeout = options.timeout ?? 120_000;
    // The one inside ends the command on the host; killing nsenter would leave it running.
    const limited = ["timeout", "--kill-after=2", String(timeout / 1000), ...inside];
    const entered = ["--target", String(this.leader), ...NAMESPACES, "env", ...CLEAN, ...limited];
    return run("nsenter", entered, {
      timeout: timeout + 5_000,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  }

  /** `exec` of a command that has to succeed; answers with its standard output. */
  async ok(command: string, options: ExecOptions = {}): Promise<string> {
    const result = await this.exec(command, options);
    if (result.code !== 0) throw new CommandFailed(`${this.name}: ${command}`, result);
    return result.stdout;
  }

  /** Once: as soon as its folder is gone, another host may have its number, and the folder. */
  [Symbol.asyncDispose](): Promise<void> {
    this.end ??= this.remove();
    return this.end;
  }

  private async remove(): Promise<void> {
    await this.powerOff();
    await must("umount", [join(this.root, "usr")]);
    await rm(this.parts.folder, { recursive: true, force: true });
  }

  /** Makes its root file system: a copy but for /usr, of which it holds what it changes. */
  private async makeRoot(): Promise<void> {
    const { folder, image } = this.parts;
    // Relative, since a mount option could hold no comma and no colon.
    await must("sh", ["-ec", MAKE_ROOT, folder, relative(folder, image)]);
  }

  private async furnish(options: BootOptions): Promise<void> {
    const { root } = this;
    await Promise.all([
      // Empty, not absent: systemd then makes one without taking this for a first boot.
      writeFile(join(root, "etc/machine-id"), ""),
      writeFile(join(root, "etc/hostname"), `${this.name}\n`),
      writeFile(
        join(root, "etc/hosts"),
        `127.0.0.1 localhost\n::1 localhost\n${this.address} ${this.name}\n`,
      ),
      writeFile(
        join(root, "etc/systemd/network/10-testbed.network"),
        hostNetwork(this.parts.number),
      ),
      this.makeHostKeys(),
      this.authorize("root", 0, 0),
      this.authorize(SENEX.home.slice(1), SENEX.uid, SENEX.uid),
      this.authorize("home/deploy", 1001, 1001),
      this.authorize("home/noroot", 1002, 1002),
    ]);
    if (options.linger ?? true) {
      const lingering = join(root, "var/lib/systemd/linger");
      await mkdir(lingering, { recursive: true });
      await writeFile(join(lingering, "senex"), "");
    }
    if (options.podman === false)
      await rename(join(root, "usr/bin/podman"), join(root, "usr/bin/podman.away"));
  }

  private async makeHostKeys(): Promise<void> {
    const fingerprints: Record<string, string> = {};
    for (const type of ["ed25519", "ecdsa", "rsa"]) {
      const file = join(this.root, "etc/ssh", `ssh_host_${type}_key`);
      // Shorter than ssh-keygen's own choice for RSA, which takes many times as long to find.
      const size = type === "rsa" ? ["-b", "2048"] : [];
      await must("ssh-keygen", ["-q", "-t", type, ...size, "-N", "", "-f", file]);
      const [algorithm, key] = (await readFile(`${file}.pub`, "utf8")).split(" ");
      this.knownHosts += `${this.address},${this.address6} ${algorithm} ${key}\n`;
      const printed = await must("ssh-keygen", ["-l", "-f", file]);
      fingerprints[type] = printed.split(" ")[1] ?? "";
    }
    this.fingerprints = fingerprints;
  }

  private async authorize(home: string, uid: number, gid: number): Promise<void> {
    const folder = join(this.root, home, ".ssh");
    await mkdir(folder, { recursive: true });
    const file = join(folder, "authorized_keys");
    await writeFile(file, this.parts.authorizedKeys);
    await chmod(folder, 0o700);
    await chmod(file, 0o600);
    await chown(folder, uid, gid);
    await chown(file, uid, gid);
  }

  private launch(): void {
    const log = openSync(this.console, "a");
    const nspawn = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL"],
        // Two hosts in one control group would take each other's processes for their own.
        ...["sh", "-c", 'mkdir -p "$0" && echo $$ >"$0/cgroup.procs" && exec "$@"'],
        join(this.parts.cgroup, this.name),
        ...["systemd-nspawn", "--quiet", "--boot", "--directory", this.root],
        ...["--machine", this.name, "--register=no", "--keep-unit", "--console=pipe"],
        ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
        `--network-bridge=${BRIDGE.name}`,
        ...PODMAN_NEEDS,
      ],
      {
        stdio: ["ignore", log, log],
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
      },
    );
    this.nspawn = nspawn;
    this.leader = 0;
    nspawn.once("exit", (code) => {
      if (this.nspawn !== nspawn) return;
      this.nspawn = undefined;
      // With --keep-unit systemd-nspawn leaves a reboot to whoever started it.
      if (code === REBOOT && existsSync(this.root)) this.launch();
    });
  }

  private async up(): Promise<void> {
    const by = { timeout: BOOT };
    await until(`${this.name} starts`, async () => (await this.findLeader()) || undefined, by);
    await until(`sshd of ${this.name} answers`, () => this.greeting(), by);
    const { stdout } = await this.exec("systemctl is-system-running --wait", by);
    if (!/^(running|degraded)/.test(stdout))
      throw new Error(`${this.name} came up ${stdout.trim() || "silent"}; see ${this.console}`);
  }

  /** Waits until a host that restarts itself (`systemctl reboot` in it) is up again. */
  async returns(): Promise<void> {
    await until(`${this.name} restarts`, async () => (this.leader === 0 ? true : undefined), {
      timeout: BOOT,
    });
    await this.up();
  }

  private async findLeader(): Promise<number> {
    const pid = this.nspawn?.pid;
    if (pid === undefined) throw new Error(`${this.name} did not start; see ${this.console}`);
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    for (const child of children.split(" ").filter(Boolean)) {
      const name = await readFile(`/proc/${child}/comm`, "utf8").catch(() => "");
      if (name.trim() === "systemd") this.leader = Number(child);
    }
    return this.leader;
  }

  private greeting(): Promise<true | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.address, port: 22, timeout: 1000 });
      const answer = (value: true | undefined) => {
        socket.destroy();
        resolve(value);
      };
      socket.once("data", () => answer(true));
      for (const event of ["error", "close", "timeout"])
        socket.once(event, () => answer(undefined));
    });
  }

  private cut(): void {
    // The kernel kills all of the host's processes with its process 1.
    if (this.leader > 0) process.kill(this.leader, "SIGKILL");
    else this.nspawn?.kill("SIGKILL");
  }

  private async down(nspawn: ChildProcess): Promise<void> {
    if (nspawn.exitCode === null && nspawn.signalCode === null) await once(nspawn, "exit");
    this.nspawn = undefined;
    this.leader = 0;
  }
}

function suiteOf(root: RootName): Suite {
  return root === "trixie-python" ? "trixie" : root;
}

/** `$0` is the host's folder, `$1` the root file system it is made from. */
const MAKE_ROOT = `
cd "$0"
install -d -m 755 root root/usr usr usr.work
find "$1" -mindepth 1 -maxdepth 1 ! -name usr -exec cp --archive --target-directory root {} +
mount -t overlay overlay -o "lowerdir=$1/usr,upperdir=usr,workdir=usr.work" root/usr
`;

/** Milliseconds. */
const BOOT = 90_000;
const ORDERLY_SHUTDOWN = 60_000;

/** systemd-nspawn's exit code when the machine inside wants to be started again. */
const REBOOT = 133;

/** A container in the host needs what a host's own kernel would allow. */
const PODMAN_NEEDS = [
  "--capability=all",
  "--system-call-filter=add_key keyctl bpf perf_event_open @mount @privileged",
];

const NAMESPACES = ["--mount", "--root", "--uts", "--ipc", "--net", "--pid", "--cgroup"];

/** Root's environment alone, and a working directory that the host has too. */
const CLEAN = [
  "--ignore-environment",
  "--chdir=/",
  "HOME=/root",
  "USER=root",
  "LOGNAME=root",
  "SHELL=/bin/sh",
  "LANG=C.UTF-8",
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];
