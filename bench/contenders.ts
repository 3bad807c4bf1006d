import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Key } from "../testbed/bed.js";
import { run } from "../testbed/process.js";
import {
  CHANGED_SERVICES,
  EVERY_SERVICE,
  type Inputs,
  type Kind,
  type Stage,
  type Tag,
} from "./stage.js";
import { type Timed, time } from "./stopwatch.js";

/** How to reach the host: directly, or through something slower. */
export interface Way {
  readonly address: string;
  readonly port: number;
  readonly knownHosts: string;
  readonly key: Key;
  /** For files of ours about this way. */
  readonly folder: string;
}

export interface Contender {
  readonly name: string;
  readonly leaves: Kind;
  readonly restarts: readonly string[];
  deploy(stage: Stage, way: Way, tag: Tag): Promise<Timed>;
}

/** The action, as GitHub's runner starts it. */
export function action(name: string, inputs: Inputs = {}): Contender {
  return {
    name,
    leaves: "releases",
    restarts: CHANGED_SERVICES,
    async deploy(stage, way, tag) {
      const folder = await mkdtemp(join(way.folder, "runner-"));
      const [output, summary] = [join(folder, "output"), join(folder, "summary")];
      await Promise.all([writeFile(output, ""), writeFile(summary, "")]);
      const given: Inputs = {
        host: `${way.address}:${way.port}`,
        user: "root",
        "ssh-key": way.key.text,
        "known-hosts": way.knownHosts,
        ...stage.inputs(tag),
        ...inputs,
      };
      return time({
        file: process.execPath,
        args: [join(stage.dist, "action.cjs")],
        env: {
          PATH: process.env.PATH ?? "",
          CI: "true",
          GITHUB_ACTIONS: "true",
          GITHUB_WORKSPACE: folder,
          GITHUB_REPOSITORY: "senex/senex-trader",
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          ...Object.fromEntries(
            Object.entries(given).map(([input, value]) => [`INPUT_${input.toUpperCase()}`, value]),
          ),
        },
        step: new RegExp(`^${way.address}(?::${way.port})?: (.+)$`),
      });
    },
  };
}

/** A shell script that does the same steps and no more. */
export function floor(project: string): Contender {
  return {
    name: "tar over ssh, a shell script",
    leaves: "files",
    restarts: CHANGED_SERVICES,
    async deploy(stage, way, tag) {
      const config = join(way.folder, "ssh_config");
      const knownHosts = join(way.folder, "known_hosts");
      await writeFile(knownHosts, way.knownHosts);
      await writeFile(
        config,
        [
          "Host host",
          ...[`HostName ${way.address}`, `Port ${way.port}`, "User root"],
          ...[`IdentityFile ${way.key.path}`, "IdentitiesOnly yes"],
          ...[`UserKnownHostsFile ${knownHosts}`, "StrictHostKeyChecking yes\n"],
        ].join("\n"),
      );
      const script = join(project, "bench/floor.sh");
      return time({
        file: "sh",
        args: [script, config, stage.files[tag], stage.image(tag), ...this.restarts],
        env: { PATH: process.env.PATH ?? "" },
        step: /^step: (.+)$/,
      });
    },
  };
}

export interface AnsibleOptions {
  readonly pipelining: boolean;
  readonly restarts: readonly string[];
}

/** `ansible-playbook`, each time with a new connection, as a runner of GitHub has it. */
export function ansible(project: string, { pipelining, restarts }: AnsibleOptions): Contender {
  const which = restarts === EVERY_SERVICE ? "all five restarted, " : "";
  return {
    name: `ansible-playbook, ${which}pipelining ${pipelining ? "on" : "off"}`,
    leaves: "files",
    restarts,
    async deploy(stage, way, tag) {
      const home = await mkdtemp(join(way.folder, "ansible-"));
      const sockets = join(home, "cp");
      const knownHosts = join(home, "known_hosts");
      const inventory = join(home, "hosts.ini");
      const variables = join(home, "variables.json");
      await mkdir(sockets);
      await writeFile(knownHosts, way.knownHosts);
      await writeFile(
        inventory,
        [
          "target",
          ...[`ansible_host=${way.address}`, `ansible_port=${way.port}`, "ansible_user=root"],
          `ansible_ssh_private_key_file=${way.key.path}`,
          "ansible_python_interpreter=/usr/bin/python3",
          `ansible_ssh_common_args='-o UserKnownHostsFile=${knownHosts} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes'`,
        ].join(" "),
      );
      await writeFile(
        variables,
        JSON.stringify({
          templates: join(stage.dist, "../templates/senex"),
          quadlet_dir: "/etc/containers/systemd",
          app_directory: "/opt/senex-trader",
          env_file: await readFile(join(stage.files[tag], "etc/containers/systemd/.env"), "utf8"),
          image: stage.image(tag),
          services: restarts,
          ...stage.otherImages(),
        }),
      );
      try {
        return await time({
          file: "ansible-playbook",
          args: ["-i", inventory, "-e", `@${variables}`, join(project, "bench/playbook.yml")],
          env: {
            PATH: process.env.PATH ?? "",
            HOME: home,
            LC_ALL: "C.UTF-8",
            ANSIBLE_HOME: home,
            ANSIBLE_LOCAL_TEMP: join(home, "tmp"),
            ANSIBLE_HOST_KEY_CHECKING: "True",
            ANSIBLE_PIPELINING: pipelining ? "True" : "False",
            ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
          },
          step: /^TASK \[(.+?)\]/,
        });
      } finally {
        // Its connection would stay open for a minute and serve the next run.
        for (const socket of await readdir(sockets))
          await run("ssh", ["-S", join(sockets, socket), "-O", "exit", "target"]);
        await rm(home, { recursive: true });
      }
    },
  };
}
