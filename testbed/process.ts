import { type SpawnOptions, spawn } from "node:child_process";

export interface Result {
  /** The exit code; 124 when the time was up, 128 + n when signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for the command's standard input, which is empty otherwise. */
  readonly input?: string;
  /** Milliseconds after which the command is killed. */
  readonly timeout?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** A day: for commands whose length depends on the network. */
const NO_HURRY = 86_400_000;

/** Runs a command to its end, whatever its exit code, and keeps what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
  } satisfies SpawnOptions);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
  // A command that does not read its input closes the pipe: that is no failure of ours.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");

  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    // Whatever the command started may still hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  }, options.timeout ?? NO_HURRY);

  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve(late ? 124 : (exit ?? 128 + number(signal))));
  }).finally(() => clearTimeout(timer));
  return {
    code,
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
  };
}

/** Runs a command that has to succeed; answers with its standard output. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0) throw new CommandFailed([command, ...args].join(" "), result);
  return result.stdout;
}

/** A command that had to succeed and did not. Its message shows the end of what it printed. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";

  constructor(
    readonly command: string,
    readonly result: Result,
  ) {
    const printed = [result.stdout, result.stderr].map((text) => text.trimEnd()).filter(Boolean);
    const tail = printed.join("\n").split("\n").slice(-40).join("\n");
    super(`${command} ended with ${result.code}\n${tail}`);
  }
}

/** Waits for `done` to answer something other than undefined, asking every `every` ms. */
export async function until<T>(
  what: string,
  done: () => Promise<T | undefined>,
  { timeout, every = 50 }: { timeout: number; every?: number },
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await done();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not after ${timeout / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

function number(signal: NodeJS.Signals | null): number {
  return { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal as string] ?? 0;
}
