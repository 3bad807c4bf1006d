import { existsSync } from "node:fs";
import { chown, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../../../testbed/process.js";
import type { Site } from "./site.js";

/** One end of a transaction, as the last line of its event log tells it. */
export interface End {
  readonly outcome: string;
  readonly fields: readonly string[];
}

/**
 * The transaction that a job begins, seen through the host's file system from outside: that
 * works while the host is off, too.
 */
export class Transaction {
  private constructor(
    private readonly site: Site,
    private readonly state: string,
    /** Directories of transactions that were there before. */
    private readonly earlier: ReadonlySet<string>,
  ) {}

  /** To be called before the job starts. */
  static async expect(site: Site): Promise<Transaction> {
    const state = join(site.host.root, site.state);
    return new Transaction(site, state, new Set(await directories(state)));
  }

  /** Has the host wait at a step, before it does the step's work. */
  async hold(step: string): Promise<void> {
    const directory = join(this.state, "hold");
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, step), "");
    for (const path of [directory, join(directory, step)])
      await chown(path, this.site.uid, this.site.uid);
  }

  /** Lets the host go on, from a step or from wherever it waits. */
  async letGo(step = ""): Promise<void> {
    await rm(join(this.state, "hold", step), { recursive: true, force: true });
  }

  /** Waits until the event log says the step; with a hold there, the host then waits in it. */
  async reached(step: string, timeout = 90_000): Promise<void> {
    await until(
      `step ${step}`,
      async () => (await this.events()).includes(`\tstep\t${step}\n`) || undefined,
      { timeout },
    );
  }

  /** The event log so far; empty before there is one. */
  async events(): Promise<string> {
    const directory = await this.directory();
    if (directory === undefined) return "";
    return readFile(join(directory, "events"), "utf8").catch(() => "");
  }

  /** What has been decided, for good: nothing yet, `commit` or `revert`. */
  async verdict(): Promise<string> {
    const directory = await this.directory();
    if (directory === undefined) return "";
    return (await readdir(join(directory, "verdict")).catch(() => [])).join(" ");
  }

  async end(): Promise<End | undefined> {
    const last = (await this.events()).trimEnd().split("\n").at(-1) ?? "";
    const [, name, outcome = "", ...fields] = last.split("\t");
    return name === "end" ? { outcome, fields } : undefined;
  }

  /** Whether the host still has a transaction that is not ended. */
  async isOpen(): Promise<boolean> {
    return lstat(join(this.state, "transaction")).then(
      () => true,
      () => false,
    );
  }

  private async directory(): Promise<string | undefined> {
    const mine = (await directories(this.state)).filter((name) => !this.earlier.has(name));
    const name = mine.sort().at(-1);
    return name === undefined ? undefined : join(this.state, "transactions", name);
  }
}

async function directories(state: string): Promise<string[]> {
  const path = join(state, "transactions");
  return existsSync(path) ? readdir(path) : [];
}
