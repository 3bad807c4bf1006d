import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Matches a line that begins a step; its first group names it. */
  readonly step: RegExp;
}

export interface Timed {
  /** Milliseconds, as all times here. */
  readonly wall: number;
  /** What it was doing, for how long: the time from each line that names a step to the next. */
  readonly steps: ReadonlyMap<string, number>;
}

/** Until the command names its first step. */
const FIRST_STEP = "starting up";

/** Runs a command that has to succeed, from nothing to its end. */
export async function time(command: Command): Promise<Timed> {
  const steps = new Map<string, number>();
  const log: string[] = [];
  const began = performance.now();
  let step = FIRST_STEP;
  let since = began;
  const enter = (next: string) => {
    const now = performance.now();
    steps.set(step, (steps.get(step) ?? 0) + now - since);
    step = next;
    since = now;
  };
  const child = spawn(command.file, command.args, {
    env: command.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface(child.stdout).on("line", (line) => {
    log.push(line);
    const next = command.step.exec(line)?.[1];
    if (next !== undefined) enter(next);
  });
  createInterface(child.stderr).on("line", (line) => log.push(line));
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      enter("");
      resolve(signal === null ? (code ?? -1) : -1);
    });
  });
  // What the command leaves running may hold its output open: its own end is what counts.
  const code = await exited;
  if (code !== 0)
    throw new Error([`${command.file} ended with ${code}`, ...log.slice(-40)].join("\n"));
  return { wall: since - began, steps };
}
