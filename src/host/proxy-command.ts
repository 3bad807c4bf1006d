import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import type { Door } from "../settings/settings.js";

/** A stream to a host's SSH port that is no connection of the runner's own. */
export interface Relay {
  readonly stream: Duplex;
  readonly close: () => void;
  /** What the command has written to its standard error, the last of it. */
  readonly said: () => string;
}

/**
 * Through a command of the runner, run by its shell, with `%h`, `%p` and `%r` put in; `%%` is a
 * percent sign (ssh_config(5), ProxyCommand).
 */
export function throughCommand(command: string, { host, port, user }: Door): Relay {
  const values: Readonly<Record<string, string>> = { h: host, p: String(port), r: user, "%": "%" };
  const line = command.replace(/%([hpr%])/g, (_, letter: string) => values[letter] ?? "");
  const child = spawn("/bin/sh", ["-c", `exec ${line}`], { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-1000);
  });
  // That the command has ended is told by its output, which ends as well.
  child.stdin.on("error", () => {});
  child.on("error", (error) => stream.destroy(error));
  return { stream, close: () => void child.kill(), said: () => said.trim() };
}
