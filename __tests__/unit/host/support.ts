import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { type Event, parseEvent } from "../../../src/host/events.js";
import common from "../../../src/host/programs/common.sh";
import type { Exit, Session } from "../../../src/host/session.js";
import { assignments } from "../../../src/host/shell.js";

/** A directory for one test. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "quadlet-deploy-host-"));

  /** @returns the file's absolute path */
  write(name: string, content: string | Buffer, mode = 0o644): string {
    const path = this.in(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  link(name: string, target: string): void {
    mkdirSync(dirname(this.in(name)), { recursive: true });
    symlinkSync(target, this.in(name));
  }

  /** A program that goes before the system's own of that name. */
  stub(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  }

  read(name: string): string {
    return readFileSync(this.in(name), "utf8");
  }

  in(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const token = "qd-test";

/** A POSIX shell, and where it finds its tools. */
export interface Shell {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly path: string;
}

export const dash: Shell = { name: "dash", command: ["dash"], path: "/usr/bin:/bin" };

/** Where BusyBox's tools are, where BusyBox is installed. */
function busyboxTools(): string | undefined {
  if (!existsSync("/bin/busybox") && !existsSync("/usr/bin/busybox")) return undefined;
  const tools = mkdtempSync(join(tmpdir(), "quadlet-deploy-busybox-"));
  afterAll(() => rmSync(tools, { recursive: true, force: true }));
  execFileSync("busybox", ["--install", "-s", tools]);
  return tools;
}

const tools = busyboxTools();

/**
 * dash with the system's tools and BusyBox with its own: hosts have one or the other, and what
 * both understand is portable.
 */
export const shells: readonly Shell[] = [
  dash,
  ...(tools === undefined
    ? []
    : [{ name: "busybox", command: ["busybox", "sh"] as const, path: tools }]),
];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly Event[];
}

/** Runs a program over standard input, as a host would, after what every program starts with. */
export function runProgram(
  shell: Shell,
  scratch: Scratch,
  program: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const text = `${assignments({ QD_TOKEN: token, ...parameters })}${common}${program}\n`;
  const [file, ...args] = shell.command;
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args, "-s"],
      {
        cwd: scratch.path,
        env: {
          PATH: `${scratch.in("bin")}:${shell.path}`,
          HOME: scratch.path,
          TMPDIR: scratch.path,
        },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        const events = stdout
          .split("\n")
          .map((line) => parseEvent(line, token))
          .filter((event) => event !== undefined);
        resolve({ code, stdout, stderr, events });
      },
    );
    child.stdin?.end(`{\n${text}} </dev/null\n`);
  });
}

/** A host that answers a program with lines: `{token}` in them is the run's. */
export function replay(lines: readonly string[], exit: Partial<Exit> = {}): Replay {
  const programs: string[] = [];
  const commands: string[] = [];
  return {
    host: "web",
    programs,
    commands,
    run: async (command, program, options) => {
      commands.push(command);
      programs.push(program);
      const mark = /^QD_TOKEN=(\S+)$/m.exec(program)?.[1] ?? "";
      for (const line of lines) options.onLine?.(line.replace("{token}", mark));
      return { code: 0, stdout: "", stderr: "", ...exit };
    },
    upload: async () => "/tmp/upload",
    [Symbol.asyncDispose]: async () => {},
  };
}

export interface Replay extends Session {
  readonly programs: readonly string[];
  readonly commands: readonly string[];
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
