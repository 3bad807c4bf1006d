import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import type { Door } from "../settings/settings.js";

/** A stream to a host's SSH port that is no connection of the runner's own. */
export interface Way {
  readonly stream: Duplex;
  /** What its end is to take along. */
  readonly close: () => void;
}

/**
 * Through a command of the runner, run by its shell, with `%h`, `%p` and `%r` put in; `%%` is a
 * percent sign (ssh_config(5), ProxyCommand).
 */
export function throughCommand(command: string, { host, port, user }: Door): Way {
  const values: Readonly<Record<string, string>> = { h: host, p: String(port), r: user, "%": "%" };
  const line = command.replace(/%([hpr%])/g, (_, letter: string) => values[letter] ?? "");
  const child = spawn("/bin/sh", ["-c", `exec ${line}`], { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-1000);
  });
  // A broken pipe is told by the end of the command, which comes with its words.
  child.stdin.on("error", () => {});
  child.on("error", (error) => stream.destroy(error));
  child.on("exit", (code) => {
    if (code !== 0) stream.destroy(new Error(`proxy-command ended with ${code}: ${said.trim()}`));
  });
  return { stream, close: () => void child.kill() };
}
