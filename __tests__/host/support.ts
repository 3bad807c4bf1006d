import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bed, Host } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";

export const project = fileURLToPath(new URL("../..", import.meta.url));

export interface Run {
  readonly code: number;
  /** What the job's log shows. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The job summary, in Markdown. */
  readonly summary: string;
}

/** A repository's checkout, as a workflow has it. */
export class Workspace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "quadlet-deploy-test-"));

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  remove(name: string): void {
    rmSync(join(this.path, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export type Inputs = Readonly<Record<string, string>>;

/**
 * Runs the committed bundle as GitHub's runner would: inputs in the environment, files for what
 * comes back.
 *
 * @param more of GitHub's own variables
 */
export async function runAction(
  inputs: Inputs,
  workspace: Workspace,
  more: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const files = mkdtempSync(join(tmpdir(), "quadlet-deploy-runner-"));
  const output = join(files, "output");
  const summary = join(files, "summary");
  writeFileSync(output, "");
  writeFileSync(summary, "");
  try {
    const { code, log } = await spawn(["dist/action.cjs"], {
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
      ...more,
      ...inputEnvironment(inputs),
    });
    return {
      code,
      log,
      outputs: parseOutputs(readFileSync(output, "utf8")),
      summary: readFileSync(summary, "utf8"),
    };
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}

export function inputEnvironment(inputs: Inputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

export interface Ended {
  readonly code: number;
  readonly log: string;
}

/** Runs Node on a bundle of the project. */
export function spawn(
  [bundle = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = project,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(project, bundle), ...args],
      { cwd, env, timeout: 280_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, log: `${stdout}${stderr}` });
      },
    );
  });
}

/** The file format of GITHUB_OUTPUT: `name<<DELIMITER`, lines, the delimiter. */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = "", , value = ""] of text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n?\2$/gm)) {
    outputs[name] = value;
  }
  return outputs;
}

/** Inputs that say how to get in. */
export function access(bed: Bed, host: Host, user: string): Inputs {
  return {
    host: host.address,
    user,
    "ssh-key": bed.keys.ed25519.text,
    "known-hosts": host.knownHosts,
    "connect-timeout": "20s",
    // Tests are many; that services crash is seen at once.
    "stable-for": "1s",
  };
}

/** A container that serves `/health/` and little else, pulled and started in no time. */
export function tinyUnit(name: string, port: number, image: string): string {
  return [
    "[Container]",
    `Image=${image}`,
    `ContainerName=${name}`,
    `PublishPort=${port}:8080`,
    "",
    "[Service]",
    "Restart=always",
    "",
    "[Install]",
    "WantedBy=multi-user.target default.target",
    "",
  ].join("\n");
}

export const templates = "deployment/ansible/templates/quadlet";

/** Where units go, for the owner of the units. */
export const places = {
  rootful: {
    quadlet: "/etc/containers/systemd",
    systemd: "/etc/systemd/system",
    state: "/etc/containers/quadlet-deploy",
    systemctl: "systemctl",
  },
  rootless: {
    quadlet: "/opt/senex-trader/.config/containers/systemd",
    systemd: "/opt/senex-trader/.config/systemd/user",
    state: "/opt/senex-trader/.config/containers/quadlet-deploy",
    systemctl: "systemctl --user -M senex@",
  },
} as const;

/** The stack that comes with the action, with the images of the testbed's registry. */
export function stack(tag: string): Inputs {
  return {
    stack: "senex",
    registry: REGISTRY,
    "image-name": "senex/senex-trader",
    "image-tag": tag,
    variables: `postgres_image: ${REGISTRY}/postgres:15-alpine\nredis_image: ${REGISTRY}/redis:7-alpine\n`,
    env: [
      "POSTGRES_PASSWORD=canary-of-postgres",
      "DATABASE_URL=postgres://senex:canary-of-postgres@postgres:5432/senex",
      "SECRET_KEY=canary-of-django",
    ].join("\n"),
  };
}

export interface FrontPage {
  readonly version: string;
  readonly ticks: number;
}

export async function frontPage(host: Host): Promise<FrontPage> {
  const response = await fetch(`http://${host.address}:8000/`);
  return (await response.json()) as FrontPage;
}

/** Waits until beat has sent, and the worker has done, a task of the version that serves. */
export async function untilTicking(host: Host): Promise<FrontPage> {
  const { ticks } = await frontPage(host);
  for (let tries = 0; tries < 60; tries++) {
    const page = await frontPage(host);
    if (page.ticks > ticks) return page;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("no task ran within 30 s");
}
