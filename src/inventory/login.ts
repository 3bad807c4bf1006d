/** How Ansible's variables say a host is to be logged in to. */
import { type DeployError, throwAll } from "../errors.js";
import { render } from "../render/jinja/index.js";
import { reason, refused } from "./errors.js";
import { splitWords } from "./shlex.js";
import type { RawVariables } from "./variables.js";

export interface InventoryHost {
  /** The host's name in the inventory. */
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  /** Where the private key is, as the inventory says it. */
  readonly privateKeyFile?: string;
  /** `[user@]host[:port]`, the first to go through first. */
  readonly jumpHosts?: readonly string[];
  readonly proxyCommand?: string;
  readonly sudo?: boolean;
  /** The user to become, where it is not root. */
  readonly becomeUser?: string;
}

interface Ssh {
  port?: string;
  user?: string;
  privateKeyFile?: string;
  jump?: string;
  proxyCommand?: string;
}

const connections = ["ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh"];

/** Throws a `DeployError`, or `DeployErrors`, for what has no meaning here. */
export function loginOf(variables: RawVariables): InventoryHost {
  const name = String(variables.inventory_hostname);
  const text = (...names: string[]): string | undefined => {
    const found = names.find((one) => Object.hasOwn(variables, one) && variables[one] != null);
    if (found === undefined) return undefined;
    return render({ name: `variable ${found}`, text: `{{ ${found} }}` }, variables).trim();
  };
  const errors: DeployError[] = [];
  const refuse = (variable: string, cause: string, remedy: string) => {
    errors.push(refused(cause, { object: `${variable} of ${name}`, remedy }));
  };

  const connection = text("ansible_connection") ?? "ssh";
  if (!connections.includes(connection)) {
    const remedy = "Only hosts that SSH reaches can be deployed to.";
    refuse("ansible_connection", `"${connection}" is not SSH`, remedy);
  }
  for (const variable of ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"]) {
    if (!Object.hasOwn(variables, variable)) continue;
    refuse(variable, "logging in with a password is not supported", "Use a key (`ssh-key`).");
  }
  for (const variable of ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"]) {
    if (!Object.hasOwn(variables, variable)) continue;
    refuse(variable, "sudo with a password is not supported", "Allow the login `sudo -n`.");
  }
  const become = truth(text("ansible_become"));
  const method = text("ansible_become_method") ?? "sudo";
  if (become && !/^(?:ansible\.builtin\.)?sudo$/.test(method)) {
    const remedy = "Allow the login `sudo -n`.";
    refuse("ansible_become_method", `"${method}" is not supported`, remedy);
  }
  const becomeUser = text("ansible_become_user") ?? "root";

  const ssh: Ssh = {};
  for (const variable of [
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
  ]) {
    try {
      readSshArguments(ssh, splitWords(text(variable) ?? "", false));
    } catch (error) {
      const remedy =
        "Of ssh's options -J, -p, -l, -i and -o ProxyJump, ProxyCommand, Port, User and IdentityFile are read.";
      refuse(variable, reason(error), remedy);
    }
  }
  const port = text("ansible_port", "ansible_ssh_port") ?? ssh.port;
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    refuse("ansible_port", `"${port}" is not a port`, "It is a number from 1 to 65535.");
  }
  throwAll(errors);

  const user = text("ansible_user", "ansible_ssh_user") ?? ssh.user;
  const key =
    text("ansible_ssh_private_key_file", "ansible_private_key_file") ?? ssh.privateKeyFile;
  return {
    name,
    host: text("ansible_host", "ansible_ssh_host") ?? name,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { privateKeyFile: key }),
    ...(ssh.jump === undefined ? {} : { jumpHosts: ssh.jump.split(",") }),
    ...(ssh.proxyCommand === undefined ? {} : { proxyCommand: ssh.proxyCommand }),
    ...(become === undefined ? {} : { sudo: become }),
    ...(become && becomeUser !== "root" ? { becomeUser } : {}),
  };
}

function truth(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^(?:yes|on|1|true|1\.0|y|t)$/i.test(text);
}

const flags: Readonly<Record<string, string>> = {
  J: "proxyjump",
  p: "port",
  l: "user",
  i: "identityfile",
};

/** Options of ssh that change nothing about where we log in, and as whom. */
const harmless =
  /^(?:controlmaster|controlpath|controlpersist|serveralive\w+|connecttimeout|connectionattempts|tcpkeepalive|compression|loglevel|batchmode|preferredauthentications|identitiesonly|forwardagent|requesttty)$/;

/** As in ssh, the first that is said counts. */
function readSshArguments(ssh: Ssh, words: readonly string[]): void {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const flag = /^-([JpliOo])(.*)$/.exec(word);
    if (!flag) {
      if (/^-[46ACakqTtvx]+$/.test(word)) continue;
      throw new Error(`ssh's option ${word} is not supported`);
    }
    const value = flag[2] || (words[++at] ?? "");
    if (value === "") throw new Error(`ssh's option ${word} has no value`);
    const letter = flag[1] as string;
    if (letter !== "o") setOption(ssh, flags[letter] ?? word, value);
    else {
      const match = /^\s*(\w+)(?:\s*=\s*|\s+)([\s\S]*)$/.exec(value);
      if (!match) throw new Error(`ssh's option -o ${value} is not Name=value`);
      setOption(ssh, (match[1] as string).toLowerCase(), match[2] as string);
    }
  }
}

function setOption(ssh: Ssh, name: string, value: string): void {
  if (name === "proxyjump") ssh.jump ??= value;
  else if (name === "proxycommand") ssh.proxyCommand ??= value;
  else if (name === "port") ssh.port ??= value;
  else if (name === "user") ssh.user ??= value;
  else if (name === "identityfile") ssh.privateKeyFile ??= value;
  else if (name === "stricthostkeychecking" || name === "userknownhostsfile") {
    // Our own check of the host key cannot be turned off, and needs no file.
  } else if (!harmless.test(name)) throw new Error(`ssh's option ${name} is not supported`);
}
