import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * A lock on a file, held by a flock(1) process that waits for the end of its input. It
 * goes with us, however we end, and so can never be stale.
 */
export class Lock implements AsyncDisposable {
  private constructor(private readonly holder: ChildProcess) {}

  /** Waits until the lock is ours. */
  static async wait(file: string): Promise<Lock> {
    const lock = await take(["--exclusive", file]);
    if (lock === undefined) throw new Error(`flock on ${file} failed`);
    return new Lock(lock);
  }

  /** The lock, or undefined when somebody else has it. */
  static async attempt(file: string): Promise<Lock | undefined> {
    const holder = await take(["--exclusive", "--nonblock", file]);
    return holder && new Lock(holder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.holder, "exit");
    this.holder.stdin?.end();
    await ended;
  }
}

async function take(args: readonly string[]): Promise<ChildProcess | undefined> {
  const holder = spawn("flock", [...args, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const held = await Promise.race([
    once(holder.stdout, "data").then(() => true),
    once(holder, "exit").then(() => false),
  ]);
  return held ? holder : undefined;
}
