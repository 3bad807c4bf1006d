import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Bed, type Host, type Registry } from "../../../testbed/bed.js";
import { REGISTRY } from "../../../testbed/network.js";
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
  tinyUnit,
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

/** The image that every app here runs, but for its tag. */
export const tiny = `${REGISTRY}/tiny`;

/** A host of a file's own, with the registry, and the apps on it. */
export class Ground implements AsyncDisposable {
  private readonly apps: App[] = [];

  private constructor(
    readonly bed: Bed,
    readonly registry: Registry,
    readonly host: Host,
  ) {}

  static async open(): Promise<Ground> {
    const bed = await Bed.open();
    const [registry, host] = await Promise.all([bed.registry(), bed.boot()]);
    return new Ground(bed, registry, host);
  }

  /** An app with a port of its own, not yet deployed. Its name is part of each of its units' names. */
  app(name: string, inputs: Inputs = {}, user: "root" | "senex" = "root"): App {
    const app = new App(this, name, 8100 + this.apps.length, inputs, user);
    this.apps.push(app);
    return app;
  }

  /** Apps that are deployed and run `v1`, for tests that run side by side. */
  async ready(count: number, name: string, inputs?: Inputs): Promise<Pool> {
    const apps = Array.from({ length: count }, (_, index) => this.app(`${name}${index}`, inputs));
    for (const app of apps) app.version("v1");
    await Promise.all(apps.map((app) => app.deployed()));
    return new Pool(apps);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const app of this.apps) app.workspace[Symbol.dispose]();
    await this.bed[Symbol.asyncDispose]();
  }
}

/** Apps, each lent to one test at a time; tests that find none free wait for one. */
export class Pool {
  private readonly waiting: ((app: App) => void)[] = [];

  constructor(private readonly free: App[]) {}

  async use(work: (app: App) => Promise<unknown>): Promise<void> {
    const app =
      this.free.shift() ?? (await new Promise<App>((resolve) => this.waiting.push(resolve)));
    try {
      await work(app);
    } finally {
      const next = this.waiting.shift();
      if (next) next(app);
      else this.free.push(app);
    }
  }
}

/** An app on a host: what is deployed, and what the host has of it. */
export class App {
  private readonly place: (typeof places)["rootful" | "rootless"];

  constructor(
    private readonly ground: Ground,
    readonly name: string,
    readonly port: number,
    private readonly inputs: Inputs,
    private readonly user: "root" | "senex",
    readonly host: Host = ground.host,
    readonly workspace = new Workspace(),
  ) {
    this.place = places[user === "root" ? "rootful" : "rootless"];
  }

  /** The same app as another host has it. */
  on(host: Host): App {
    return new App(this.ground, this.name, this.port, this.inputs, this.user, host, this.workspace);
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

  /** The app's one unit with the image of this tag, and further lines. */
  version(tag: string, more = ""): void {
    this.write(
      `${this.name}.container`,
      `${tinyUnit(this.name, this.port, `${tiny}:${tag}`)}[Container]\n${more}`,
    );
  }

  /** The version that serves. */
  async serves(): Promise<string> {
    return (await this.host.ok(`curl -s http://127.0.0.1:${this.port}/`)).trim();
  }

  /** Puts the version into the repository that does not serve, so that there is something to deploy. */
  async other(more?: string): Promise<"v1" | "v2"> {
    const tag = (await this.serves()) === "v1" ? "v2" : "v1";
    this.version(tag, more);
    return tag;
  }

  begin(more: Inputs = {}): Action {
    return new Action(
      {
        ...access(this.ground.bed, this.host, this.user),
        app: this.name,
        "stable-for": "0s",
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

  /** A deploy that will fail, which need not take long. */
  failing(more: Inputs = {}): Promise<Run> {
    return this.deploy({ "health-timeout": "2s", ...more });
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
   * What the host has of this app: files and links with their content, its units as systemd knows
   * them, its containers and their images, and what is left of transactions. Of two equal ones it
   * does not say whether something was restarted in between; `starts` does.
   */
  async snapshot(): Promise<string> {
    const { quadlet, systemd, systemctl } = this.place;
    const listed = "-printf '%p %y %m %u %l\\n' -type f -exec sha256sum {} +";
    return this.host.ok(
      [
        `cd /; find ${quadlet}/ ${systemd}/ ${listed} | grep -F ${this.name} | sort`,
        `find ${this.state}/ \\( -path ${this.state}/transactions -o -path ${this.state}/hold \\) -prune -o ${listed} | sort`,
        `echo dangling: $(find -L ${quadlet} -type l)`,
        `echo open: $(${systemctl} list-units --state=active,activating,deactivating,failed --plain --no-legend 'quadlet-deploy*@${this.name}.*')`,
        `for unit in $(${this.units}); do ${systemctl} show -p Id -p LoadState -p ActiveState -p SubState -p SourcePath -p FragmentPath -p NeedDaemonReload $unit; done`,
        `${this.asOwner("podman ps --format '{{.Names}} {{.Image}} {{.ImageID}} {{.State}}'")} | grep -F ${this.name} | sort`,
      ].join("\n"),
    );
  }

  /** Which start of each service runs: the same again only where none was restarted. */
  starts(): Promise<string> {
    return this.host.ok(
      `for unit in $(${this.units}); do ${this.place.systemctl} show -p Id -p InvocationID $unit; done`,
    );
  }

  /** Lists the services; those of template units are none. */
  private get units(): string {
    return `ls -A ${this.quadlet} | grep -F ${this.name} | sed -n 's/\\([^@]\\)\\.container$/\\1.service/p'`;
  }

  private asOwner(command: string): string {
    return this.user === "root" ? command : `runuser --login ${this.user} -c "${command}"`;
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
