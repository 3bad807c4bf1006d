import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Inputs,
  inputEnvironment,
  parseOutputs,
  project,
  type Workspace,
} from "../support.js";

/** How a job ended. */
export interface JobEnd {
  /** null when a signal ended it: such a job has no colour. */
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The job summary, in Markdown. */
  readonly summary: string;
}

/** A deploy on GitHub's runner, as a process that can be killed. */
export class Job {
  readonly ended: Promise<JobEnd>;
  private readonly process: ChildProcess;

  constructor(inputs: Inputs, workspace: Workspace) {
    const files = mkdtempSync(join(tmpdir(), "quadlet-deploy-job-"));
    const [output, summary] = [join(files, "output"), join(files, "summary")];
    writeFileSync(output, "");
    writeFileSync(summary, "");
    this.process = spawn(process.execPath, [join(project, "dist/action.cjs")], {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
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
    let log = "";
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        log += text;
      });
    }
    this.ended = new Promise((resolve) => {
      this.process.once("close", (code) => {
        const told = {
          outputs: parseOutputs(readFileSync(output, "utf8")),
          summary: readFileSync(summary, "utf8"),
        };
        rmSync(files, { recursive: true, force: true });
        resolve({ code, log, ...told });
      });
    });
  }

  /** As the kernel does it: no handler runs. */
  kill(): void {
    this.process.kill("SIGKILL");
  }

  /** The end, or an error when the job does not come to one in time. */
  async within(milliseconds: number): Promise<JobEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.kill();
        reject(new Error(`the job did not end within ${milliseconds / 1000} s`));
      }, milliseconds);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
