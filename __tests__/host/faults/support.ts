import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Bed, Host } from "../../../testbed/bed.js";
import { until } from "../../../testbed/process.js";
import {
  access,
  type Inputs,
  inputEnvironment,
  parseOutputs,
  places,
  project,
  type Run,
  templates,
  Workspace,
} from "../support.js";

/** The action's process, from its start on: to be watched and to be killed. */
export class Action {
  private text = "";
  readonly ended: Promise<Run>;
  private readonly child: ChildProcess;
  private readonly files = mkdtempSync(join(tmpdir(), "quadlet-deploy-runner-"));

  constructor(inputs: Inputs, workspace: Workspace) {
    const output = join(this.files, "output");
    const summary = join(this.files, "summary");
    writeFileSync(output, "");
    writeFileSync(summary, "");
    this.child = spawn(process.execPath, [join(project, "dist/action.cjs")], {
      cwd: project,
      // A test that fails can then say what the log was.
      timeout: 90_000,
      killSignal: "SIGKILL",
      env: {
        PATH: process.env.PATH ?? "",
        CI: "true",
        GITHUB_ACTIONS: "true",
        GITHUB_WORKSPACE: workspace.path,
        GITHUB_REPOSITORY: "senex/senex-trader",
        GITHUB_ACTOR: "octocat",
        GITHUB_SERVER_URL: "https://github.com",
        GITHUB_RUN_ID: "42",
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...inputEnvironment(inputs),
      },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.text += text;
      });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code) => {
        resolve({
          code: code ?? -1,
          log: this.text,
          outputs: parseOutputs(readFileSync(output, "utf8")),
          summary: readFileSync(summary, "utf8"),
        });
        rmSync(this.files, { recursive: true, force: true });
      });
    });
  }

  /** What the job's log shows so far. */
  get log(): string {
    return this.text;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until the log says so. */
  async says(words: string | RegExp, timeout = 30_000): Promise<void> {
    const pattern = words instanceof RegExp ? words : literal(words);
    await until(`the log says ${pattern}`, async () => pattern.test(this.text) || undefined, {
      timeout,
    });
  }
}

/** An app on a host: what is deployed, and what the host has of it. */
export class App implements Disposable {
  readonly workspace = new Workspace();
  private readonly place: (typeof places)["rootful" | "rootless"];

  constructor(
    readonly bed: Bed,
    readonly host: Host,
    readonly name: string,
    private readonly inputs: Inputs = {},
    private readonly user: "root" | "senex" = "root",
  ) {
    this.place = places[user === "root" ? "rootful" : "rootless"];
  }

  get state(): string {
    return `${this.place.state}/${this.name}`;
  }

  get quadlet(): string {
    return this.place.quadlet;
  }

  /** Puts a unit, or another file, into the repository. */
  write(name: string, text: string): void {
    this.workspace.write(`${templates}/${name}`, text);
  }

  remove(name: string): void {
    this.workspace.remove(`${templates}/${name}`);
  }

  begin(more: Inputs = {}): Action {
    return new Action(
      {
        ...access(this.bed, this.host, this.user),
        app: this.name,
        "health-timeout": "5s",
        "health-interval": "100ms",
        "lock-timeout": "30s",
        ...this.inputs,
        ...more,
      },
      this.workspace,
    );
  }

  deploy(more: Inputs = {}): Promise<Run> {
    return this.begin(more).ended;
  }

  /** A deploy that has to be green. */
  async deployed(more: Inputs = {}): Promise<Run> {
    const run = await this.deploy(more);
    expect(run.code, told(run)).toBe(0);
    return run;
  }

  /** From now on each transaction waits at the beginning of this step. */
  async hold(step: string): Promise<void> {
    await this.host.ok(`mkdir -p ${this.state}/hold && touch ${this.state}/hold/${step}`);
  }

  /** Ends the waiting. */
  async letGo(step: string): Promise<void> {
    await this.host.ok(`rm -f ${this.state}/hold/${step}`);
  }

  /** Resolves when the open transaction has begun this step. */
  async reaches(step: string, timeout = 30_000): Promise<void> {
    await until(
      `${this.name} is at ${step}`,
      async () => {
        const events = await this.host.exec(`cat ${this.state}/transaction/events`);
        return events.stdout.split("\n").includes(`\tstep\t${step}`) || undefined;
      },
      { timeout },
    );
  }

  /**
   * Deploys, and does something while the transaction waits at the beginning of a step: every
   * fault can then happen at an exact moment.
   */
  async deployWith(
    step: string,
    act: (action: Action) => Promise<unknown>,
    more: Inputs = {},
  ): Promise<Run> {
    await this.hold(step);
    const action = this.begin(more);
    try {
      await this.reaches(step);
      await act(action);
    } catch (error) {
      action.kill("SIGKILL");
      throw new Error(`while held at ${step}\n${action.log}`, { cause: error });
    } finally {
      await this.letGo(step);
    }
    return action.ended;
  }

  /** Resolves when no transaction is open, nor repaired by the host. */
  async settled(timeout = 60_000): Promise<void> {
    const running = `${this.place.systemctl} is-active 'quadlet-deploy@${this.name}.service' 'quadlet-deploy-guard@${this.name}.service'`;
    await until(
      `${this.name} is settled`,
      async () => {
        const { stdout } = await this.host.exec(`ls ${this.state}/transaction; ${running}`);
        return !/events|^(active|activating|deactivating)$/m.test(stdout) || undefined;
      },
      { timeout, every: 100 },
    );
  }

  /** The last transaction's own account of how it ended. */
  async outcome(): Promise<string> {
    const events = await this.host.ok(
      `cat "$(ls -dt ${this.state}/transactions/* | head -n 1)"/events`,
    );
    return events.trimEnd().split("\n").at(-1)?.replace(/^\t/, "") ?? "";
  }

  /**
   * What the host is: files and links with their content, units as systemd knows them, the
   * images that run and those that are there, and what is left of transactions. Of two equal
   * states it does not say whether something was restarted in between; `starts` does.
   */
  async snapshot(): Promise<string> {
    const { quadlet, systemd, systemctl } = this.place;
    const asOwner = this.user === "root" ? {} : { user: "senex" as const };
    const files = await this.host.ok(
      `cd /; for place in ${quadlet} ${systemd} ${this.state}; do find "$place/" \\( -path ${this.state}/transactions -o -path ${this.state}/hold \\) -prune -o -printf '%p %y %m %u %l\\n' -type f -exec sha256sum {} +; done | sort; find -L ${quadlet} -type l`,
    );
    const services = await this.host.ok(
      `for unit in $(${systemctl} list-units --state=active,activating,deactivating,failed --plain --no-legend 'quadlet-deploy*' | cut -d' ' -f1) $(ls -A ${quadlet} | sed -n 's/\\([^@]\\)\\.container$/\\1.service/p'); do echo $unit; ${systemctl} show -p LoadState -p ActiveState -p SubState -p SourcePath -p FragmentPath -p NeedDaemonReload $unit; done`,
    );
    const images = await this.host.ok(
      "podman ps --format '{{.Names}} {{.Image}} {{.ImageID}} {{.State}}' | sort; podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort",
      asOwner,
    );
    return `${files}${services}${images}`;
  }

  /** Which start of each service runs: the same again only where none was restarted. */
  starts(): Promise<string> {
    const { quadlet, systemctl } = this.place;
    return this.host.ok(
      `for unit in $(ls -A ${quadlet} | sed -n 's/\\([^@]\\)\\.container$/\\1.service/p'); do ${systemctl} show -p Id -p InvocationID $unit; done`,
    );
  }

  [Symbol.dispose](): void {
    this.workspace[Symbol.dispose]();
  }
}

/** Red, and the host is as it was: nothing was even restarted. */
export async function expectUntouched(
  app: App,
  attempt: () => Promise<Run>,
  says: readonly (string | RegExp)[] = [],
): Promise<Run> {
  const [before, starts] = [await app.snapshot(), await app.starts()];
  const run = await attempt();
  expect(run.code, told(run)).toBe(1);
  expectSays(run, says);
  expect(run.outputs["rolled-back"], told(run)).not.toBe("true");
  expect(await app.snapshot(), told(run)).toBe(before);
  expect(await app.starts(), told(run)).toBe(starts);
  return run;
}

/** Red, and the host runs what it ran before, wholly, with nothing of the attempt left. */
export async function expectReverted(
  app: App,
  attempt: () => Promise<Run>,
  says: readonly (string | RegExp)[] = [],
): Promise<Run> {
  const before = await app.snapshot();
  const run = await attempt();
  expect(run.code, told(run)).toBe(1);
  expectSays(run, says);
  expect(await app.snapshot(), told(run)).toBe(before);
  expect(run.outputs["rolled-back"], told(run)).toBe("true");
  return run;
}

export function expectSays(run: Run, says: readonly (string | RegExp)[]): void {
  for (const words of says)
    expect(run.log).toMatch(words instanceof RegExp ? words : literal(words));
}

export function literal(words: string): RegExp {
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}

/** The log for a test's own message, without the secrets that it asks GitHub to mask. */
export function told(run: Run): string {
  return run.log.replace(/^::add-mask::.*\n/gm, "");
}
