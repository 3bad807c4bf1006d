import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { NodeSSH } from "node-ssh";
import pRetry from "p-retry";
import type { Algorithms, ClientChannel, ConnectConfig, SFTPWrapper } from "ssh2";
import { ConnectionLost, DeployError, type DeployErrorParts } from "../errors.js";
import type { Access, Door, Login } from "../settings/settings.js";
import {
  algorithmsFor,
  fingerprint,
  type HostKey,
  hostKey,
  type KnownKeys,
  knownKeys,
  verify,
} from "./known-hosts.js";
import { readPrivateKey, refuse as refuseKey } from "./private-key.js";
import { throughCommand } from "./proxy-command.js";
import type { Exit, RunOptions, Session } from "./session.js";

/** A silent connection is given up after this many probes, one each interval. */
const keepalive = { interval: 5_000, probes: 3 };

/** How often a channel is asked for, and how long after (ms). */
const openings = { retries: 4, minTimeout: 100, factor: 2 };

/** Characters: a longer line is none of our programs', and only the end of all is kept for messages. */
const limits = { line: 8 * 1024 * 1024, tail: 64 * 1024 };

/**
 * Logs in on a host whose key is verified first; nothing is sent to a host that is not the
 * one expected. Hosts on the way are verified in the same manner.
 *
 * @throws {DeployError} phase `connect` (or `settings` for a key that cannot be read)
 */
export async function connect(login: Login, access: Access): Promise<Session> {
  const its: Access =
    login.privateKey === undefined ? access : { ...access, privateKey: login.privateKey };
  // What the connection stands on, the nearest first.
  const below: (() => void)[] = [];
  const close = () => {
    for (const end of below.toReversed()) end();
  };
  const relay =
    login.proxyCommand === undefined ? undefined : throughCommand(login.proxyCommand, login);
  try {
    let sock = relay?.stream;
    if (relay) below.push(relay.close);
    const doors: readonly Door[] = [...(login.jumps ?? []), login];
    for (const [index, door] of doors.entries()) {
      const next = doors[index + 1];
      const ssh = await logIn(nameOf(door, login), its, sock);
      below.push(() => ssh.dispose());
      if (next === undefined) return new SshSession(login.name, ssh, close);
      sock = await passOn(ssh, door, next, login);
    }
    throw new Error("there is no host to log in on");
  } catch (error) {
    close();
    throw relay && error instanceof DeployError && error.parts.object === undefined
      ? withWords(error, relay.said())
      : error;
  }
}

/** An error of a connection that a command of the runner made. */
function withWords(error: DeployError, said: string): DeployError {
  const ended = /premature close|before handshake|EPIPE/i.test(error.parts.cause);
  return new DeployError({
    ...error.parts,
    object: "proxy-command",
    ...(ended ? { cause: "the command ended and led to nobody" } : {}),
    remedy: "Try it by hand: the host's SSH-2.0 banner is what it prints first.",
    details: [...(error.parts.details ?? []), ...(said === "" ? [] : said.split("\n"))],
  });
}

/** A host on the way is told by its own name, behind that of the host it leads to. */
function nameOf(door: Door, login: Login): Login {
  return door === login ? login : { ...door, name: `${login.name} (through ${door.host})` };
}

/** A stream to the next host, as `ssh -J` goes (ssh(1)). */
async function passOn(ssh: NodeSSH, door: Door, next: Door, login: Login): Promise<Duplex> {
  try {
    return await ssh.forwardOut("127.0.0.1", 0, next.host, next.port);
  } catch (error) {
    throw new DeployError({
      host: login.name,
      phase: "connect",
      object: door.host,
      cause: `this host does not lead to ${next.host}:${next.port} (${(error as Error).message})`,
      remedy: "May it reach that, and does its sshd allow it (AllowTcpForwarding)?",
      error,
    });
  }
}

async function logIn(login: Login, access: Access, sock: Duplex | undefined): Promise<NodeSSH> {
  const known = knownKeys(access.knownHosts, login.host, login.port);
  const algorithms = algorithmsFor(known);
  let offered: HostKey | undefined;
  const config: ConnectConfig & { privateKey: string } = {
    host: login.host,
    port: login.port,
    username: login.user,
    ...(sock === undefined ? {} : { sock }),
    privateKey: readPrivateKey(access.privateKey, access.passphrase),
    ...(access.passphrase === undefined ? {} : { passphrase: access.passphrase }),
    readyTimeout: access.connectTimeout,
    keepaliveInterval: keepalive.interval,
    keepaliveCountMax: keepalive.probes,
    // ssh2 accepts every host unless this returns the literal `false`, synchronously.
    hostVerifier: (wire: Buffer) => {
      offered = hostKey(wire);
      return verify(offered, known, access.fingerprints).accepted;
    },
    ...(algorithms === undefined || access.fingerprints.length > 0
      ? {}
      : { algorithms: { serverHostKey: algorithms } as Algorithms }),
  };
  const ssh = new NodeSSH();
  try {
    const connecting = ssh.connect(config);
    // Small packets go at once: with Nagle's algorithm each exchange waits for a delayed ACK.
    if (sock === undefined) ssh.connection?.setNoDelay(true);
    await connecting;
  } catch (error) {
    ssh.dispose();
    throw explain(error, login, access, known, offered);
  }
  return ssh;
}

/**
 * Whether a connection that failed may succeed a moment later: a busy sshd resets it
 * (MaxStartups, sshd_config(5)); a host that starts again refuses it in several ways.
 *
 * @param again whether there was a connection before
 */
export function mayRecover(error: unknown, again: boolean): boolean {
  const cause = error instanceof DeployError ? error.parts.error : undefined;
  if (!(cause instanceof Error)) return false;
  const { message, code } = cause as Error & { code?: string };
  if (again) return !/verification failed|host key/i.test(message);
  return code === "ECONNRESET" || /before handshake|connection lost/i.test(message);
}

class SshSession implements Session {
  private lost: Error | undefined;

  constructor(
    readonly host: string,
    private readonly ssh: NodeSSH,
    /** Ends the connection and what it goes through. */
    private readonly close: () => void,
  ) {
    // node-ssh drops its listener once connected; without one, a reset would end the process.
    ssh.connection?.on("error", (error: Error) => {
      this.lost ??= error;
      ssh.connection?.destroy();
    });
  }

  async run(command: string, program: string, options: RunOptions): Promise<Exit> {
    const channel = await this.open(command);
    return new Promise((resolve, reject) => {
      const stdout = new Lines(options.onLine);
      const stderr = new Lines();
      let code: number | null = null;
      let signal: string | undefined;
      const deadline = setTimeout(() => {
        reject(this.failure(`did not end within ${Math.round(options.timeout / 1000)} s`));
        channel.destroy();
      }, options.timeout);
      channel.on("data", (chunk: Buffer) => stdout.add(chunk));
      channel.stderr.on("data", (chunk: Buffer) => stderr.add(chunk));
      channel.on("exit", (exitCode: number | null, exitSignal?: string) => {
        code = exitCode;
        signal = exitSignal;
      });
      // A cut connection closes the channel without an exit; only a code is an answer.
      channel.on("close", () => {
        clearTimeout(deadline);
        if (code !== null) resolve({ code, stdout: stdout.end(), stderr: stderr.end() });
        else if (signal !== undefined) reject(this.failure(`was ended by SIG${signal}`));
        else reject(this.connectionLost());
      });
      channel.on("error", () => {});
      if (options.signal?.aborted) reject(options.signal.reason);
      options.signal?.addEventListener("abort", () => {
        reject(options.signal?.reason);
        channel.destroy();
      });
      channel.end(program);
    });
  }

  async upload(content: Buffer): Promise<string> {
    const sftp = await this.sftp();
    if (sftp === undefined) return this.uploadThroughShell(content);
    const path = `/tmp/quadlet-deploy-${randomBytes(16).toString("hex")}`;
    try {
      await call((done) => sftp.mkdir(path, { mode: 0o700 }, done));
      // "wx": the file must be new, so that nobody can have put a link in its place.
      const handle = await call<Buffer>((done) =>
        sftp.open(`${path}/release.tar`, "wx", { mode: 0o600 }, done),
      );
      await call((done) => sftp.write(handle, content, 0, content.length, 0, done));
      await call((done) => sftp.close(handle, done));
    } catch (error) {
      if (this.isGone(error)) throw this.connectionLost(error);
      throw new DeployError({
        host: this.host,
        phase: "upload",
        object: path,
        cause: `the release could not be written (${(error as Error).message})`,
        remedy: "Is there space, and may the login write, in /tmp?",
        error,
      });
    } finally {
      sftp.end();
    }
    return `${path}/release.tar`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** The SFTP subsystem, or `undefined` on a host that has it switched off. */
  private async sftp(): Promise<SFTPWrapper | undefined> {
    try {
      return await this.ssh.requestSFTP();
    } catch (error) {
      if (this.isGone(error)) throw this.connectionLost(error);
      return undefined;
    }
  }

  private async uploadThroughShell(content: Buffer): Promise<string> {
    const program = [
      "set -eu",
      "umask 077",
      "directory=$(mktemp -d /tmp/quadlet-deploy-XXXXXXXXXXXXXXXX)",
      'base64 -d > "$directory/release.tar" <<"END"',
      content.toString("base64").replace(/.{76}/g, "$&\n"),
      "END",
      'printf "path %s\\n" "$directory/release.tar"',
    ].join("\n");
    const { code, stdout, stderr } = await this.run("/bin/sh -s", `${program}\n`, {
      timeout: 120_000,
    });
    const path = /^path (\/tmp\/\S+)$/m.exec(stdout)?.[1];
    if (code === 0 && path !== undefined) return path;
    throw new DeployError({
      host: this.host,
      phase: "upload",
      cause: "the release could not be written to /tmp",
      details: stderr.split("\n").slice(-5),
    });
  }

  /** The channel before may still be closing, and a host may allow no second one (MaxSessions). */
  private open(command: string): Promise<ClientChannel> {
    return pRetry(() => this.tryOpen(command), {
      ...openings,
      shouldRetry: ({ error }) => /open failed/i.test(error.message),
    });
  }

  private async tryOpen(command: string): Promise<ClientChannel> {
    const { connection } = this.ssh;
    if (!connection) throw this.connectionLost();
    try {
      return await call<ClientChannel>((done) => connection.exec(command, done));
    } catch (error) {
      if (this.isGone(error)) throw this.connectionLost(error);
      throw this.failure(`could not be started (${(error as Error).message})`, error);
    }
  }

  /** ssh2 knows of an end a moment before node-ssh does. */
  private isGone(error: unknown): boolean {
    const { message } = error as Error;
    return !this.ssh.isConnected() || this.lost !== undefined || message === "Not connected";
  }

  private connectionLost(error: unknown = this.lost): DeployError {
    return new ConnectionLost({
      host: this.host,
      phase: "connect",
      cause: "the connection was lost",
      remedy: "What ran on the host may have gone on; run the deploy again.",
      error,
    });
  }

  private failure(what: string, error?: unknown): DeployError {
    return new DeployError({
      host: this.host,
      phase: "connect",
      cause: `the program on the host ${what}`,
      error,
    });
  }
}

/** Cuts a stream into lines. Chunks are decoded together, as a character may be cut in two by them. */
class Lines {
  private readonly decoder = new TextDecoder();
  private line = "";
  private last = "";

  constructor(private readonly onLine: (line: string) => void = () => {}) {}

  add(chunk: Buffer): void {
    this.take(this.decoder.decode(chunk, { stream: true }));
  }

  /** The end of what came, for messages. */
  end(): string {
    this.take(this.decoder.decode());
    if (this.line !== "") this.onLine(this.line);
    return this.last;
  }

  private take(text: string): void {
    this.last = (this.last + text).slice(-limits.tail);
    const lines = (this.line + text).split("\n");
    this.line = (lines.pop() ?? "").slice(0, limits.line);
    for (const line of lines) this.onLine(line);
  }
}

function call<T = void>(
  start: (done: (error: Error | null | undefined, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** Says in the user's terms why there is no connection. */
function explain(
  error: unknown,
  login: Login,
  access: Access,
  known: KnownKeys,
  offered: HostKey | undefined,
): DeployError {
  const { message, code, level } = error as Error & { code?: string; level?: string };
  const fail = (parts: Omit<DeployErrorParts, "phase">) =>
    new DeployError({ host: login.name, phase: "connect", error, ...parts });
  if (offered) {
    const verdict = verify(offered, known, access.fingerprints);
    if (!verdict.accepted) return fail(hostKeyRefused(verdict.why, login, access, known, offered));
  }
  if (/no matching host key format/i.test(message)) {
    return fail({
      cause: `the host has no key of a type that known-hosts lists (${known.accepted.map((key) => key.type).join(", ")})`,
      remedy: `Add the lines of \`ssh-keyscan${port(login)} ${login.host}\` to known-hosts.`,
    });
  }
  if (/passphrase|Cannot parse privateKey|Unsupported key format/i.test(message)) {
    return access.passphrase === undefined && /no passphrase/i.test(message)
      ? refuseKey("is encrypted", "Set `ssh-key-passphrase`.", error)
      : refuseKey(
          /passphrase|integrity/i.test(message)
            ? "does not open with this passphrase"
            : `cannot be read (${message.replace(/^Cannot parse privateKey: /, "")})`,
          "Check `ssh-key` and `ssh-key-passphrase`.",
          error,
        );
  }
  if (level === "client-authentication") {
    return fail({
      object: login.user,
      cause: "the host does not accept this key for this login",
      remedy: `Is the key's public half in ${login.user}'s ~/.ssh/authorized_keys on the host?`,
    });
  }
  const unreachable: Readonly<Record<string, string>> = {
    ECONNREFUSED: `nothing listens on port ${login.port}`,
    ENOTFOUND: "the name does not resolve",
    EAI_AGAIN: "the name does not resolve",
    EHOSTUNREACH: "there is no route to it",
    ENETUNREACH: "there is no route to it",
    ETIMEDOUT: "it does not answer",
    ECONNRESET: "it closed the connection",
  };
  const timedOut = level === "client-timeout" || /timed out/i.test(message);
  return fail({
    cause: timedOut
      ? `it does not answer on port ${login.port} within ${access.connectTimeout / 1000} s`
      : (code !== undefined && unreachable[code]) || message,
    remedy: "Check `host` and `port`, and that the runner may reach it.",
  });
}

function hostKeyRefused(
  why: "unknown" | "changed" | "revoked",
  login: Login,
  access: Access,
  known: KnownKeys,
  offered: HostKey,
): Omit<DeployErrorParts, "phase"> {
  const expected = [
    ...known.accepted.map((key) => `${fingerprint(key)} (${key.type})`),
    ...access.fingerprints,
  ];
  const cause = {
    unknown: "known-hosts has no key for this host",
    changed: "the host's key is not the one expected",
    revoked: "the host's key is marked as revoked",
  }[why];
  return {
    cause: `${cause}; no login was tried`,
    remedy: `If you trust it, compare the fingerprint on the host's console (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub) and set known-hosts to the lines of \`ssh-keyscan${port(login)} ${login.host}\`.`,
    details: [
      `offered:  ${fingerprint(offered)} (${offered.type})`,
      `expected: ${expected.join(", ") || `no key is known for ${login.host}`}`,
    ],
  };
}

function port(login: Login): string {
  return login.port === 22 ? "" : ` -p ${login.port}`;
}
